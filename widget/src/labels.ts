import { primaryTag } from "./language.ts";

/** The panel's own words. What the clinic says comes from the desk. */
export const english = {
  notice: "Automated assistant, not a clinician",
  emergency: "In an emergency call 911.",
  unread: "New messages: {n}",
  close: "Close chat",
  menu: "Menu",
  call: "Call {phone}",
  person: "Talk to a person",
  log: "Conversation",
  patient: "You",
  assistant: "Assistant",
  staff: "Clinic staff",
  important: "Important",
  choices: "Suggested replies",
  source: "Source: {title}",
  newTab: "opens in a new tab",
  more: "Show all",
  message: "Your message",
  placeholder: "Write a message",
  send: "Send",
  sending: "Sending…",
  sent: "Sent",
  held: "Waiting to be sent",
  failed: "Not sent.",
  tooLong: "Please use at most 2,000 characters.",
  retry: "Try again",
  edit: "Edit",
  offline: "No connection. Messages are kept and sent when it is back.",
  busy: "One moment, please. Messages are kept and sent shortly.",
  short: "Short answers",
  dim: "Dim the colors",
  download: "Download this conversation",
  over: "Start over",
  forget: "Forget this conversation",
  forgetAsk: "Erase this conversation here and at the clinic?",
  forgetYes: "Erase it",
  forgetNo: "Keep it",
  forgotten: "The conversation is erased.",
  forgetting: "Erased here. The clinic’s copy follows when the connection is back.",
  expired: "The conversation above has ended. A new one begins.",
  patient_name: "Your full name",
  callback_number: "Phone number with area code",
  visit_reason: "Reason for the visit",
  preferred_times: "Days and times that suit you",
  required: "Please fill this in.",
  badNumber: "Please include the area code: 310-555-0142.",
  pick: "Pick a day and time",
  add: "Add",
  other: "Ask something else",
};

export type Labels = typeof english;

const spanish: Labels = {
  notice: "Asistente automático, no es personal clínico",
  emergency: "En una emergencia llame al 911.",
  unread: "Mensajes nuevos: {n}",
  close: "Cerrar el chat",
  menu: "Menú",
  call: "Llamar al {phone}",
  person: "Hablar con una persona",
  log: "Conversación",
  patient: "Usted",
  assistant: "Asistente",
  staff: "Personal de la clínica",
  important: "Importante",
  choices: "Respuestas sugeridas",
  source: "Fuente: {title}",
  newTab: "se abre en otra pestaña",
  more: "Ver todo",
  message: "Su mensaje",
  placeholder: "Escriba un mensaje",
  send: "Enviar",
  sending: "Enviando…",
  sent: "Enviado",
  held: "En espera de envío",
  failed: "No se envió.",
  tooLong: "Use 2.000 caracteres como máximo.",
  retry: "Reintentar",
  edit: "Editar",
  offline: "Sin conexión. Los mensajes se guardan y se enviarán cuando vuelva.",
  busy: "Un momento, por favor. Los mensajes se guardan y se enviarán enseguida.",
  short: "Respuestas cortas",
  dim: "Atenuar los colores",
  download: "Descargar esta conversación",
  over: "Empezar de nuevo",
  forget: "Olvidar esta conversación",
  forgetAsk: "¿Borrar esta conversación aquí y en la clínica?",
  forgetYes: "Borrarla",
  forgetNo: "Conservarla",
  forgotten: "La conversación está borrada.",
  forgetting: "Borrada aquí. La copia de la clínica se borrará cuando vuelva la conexión.",
  expired: "La conversación anterior terminó. Empieza una nueva.",
  patient_name: "Su nombre completo",
  callback_number: "Teléfono con código de área",
  visit_reason: "Motivo de la visita",
  preferred_times: "Días y horas que le convienen",
  required: "Complete este campo, por favor.",
  badNumber: "Incluya el código de área: 310-555-0142.",
  pick: "Elija día y hora",
  add: "Añadir",
  other: "Preguntar otra cosa",
};

const shipped: Record<string, Labels> = { en: english, es: spanish };

/** Replacements by primary language tag; a language that is not shipped falls back to English words. */
export type Replacements = Record<string, Partial<Labels>>;

/** The words for a language tag such as `es-MX`. */
export function labelsFor(language: string, replacements: Replacements): Labels {
  const primary = primaryTag(language);
  return { ...english, ...shipped[primary], ...replacements[primary] };
}

/** The language the desk is asked to answer in: one that it knows. */
export function deskLocale(language: string): string {
  const primary = primaryTag(language);
  return shipped[primary] ? primary : "en";
}
