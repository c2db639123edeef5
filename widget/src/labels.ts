import { primaryTag } from "./language.ts";

/** The panel's own words. What the clinic says comes from the desk. */
export const english = {
  title: "Chat",
  notice: "Automated assistant, not a clinician",
  emergency: "In an emergency call 911.",
  close: "Close chat",
  menu: "Menu",
  call: "Call {phone}",
  person: "Talk to a person",
  wantPerson: "I would like to talk to a person.",
  log: "Conversation",
  news: "New messages",
  you: "You",
  assistant: "Assistant",
  staff: "Clinic staff",
  important: "Important",
  typing: "The assistant is writing",
  choices: "Suggested replies",
  source: "Source: {title}",
  newTab: "opens in a new tab",
  more: "Show the whole answer",
  message: "Your message",
  placeholder: "Write a message",
  send: "Send",
  sending: "Sending…",
  sent: "Sent",
  held: "Waiting to be sent",
  failed: "Not sent.",
  tooLong: "This is longer than 2,000 characters. Please shorten it.",
  retry: "Try again",
  edit: "Edit",
  left: "{n} characters left",
  offline: "You are offline. Messages are kept and sent when the connection is back.",
  waiting: "We cannot reach the clinic right now. Messages are kept and sent as soon as we can.",
  busy: "One moment, please. Your messages are kept and sent shortly.",
  short: "Short answers",
  dim: "Dim the colors",
  download: "Download this conversation",
  over: "Start over",
  forget: "Forget this conversation",
  forgetAsk: "Erase this conversation here and at the clinic? This cannot be undone.",
  forgetYes: "Erase it",
  forgetNo: "Keep it",
  forgotten: "The conversation has been erased.",
  forgetting: "Erased here. The clinic's copy will be erased when it can be reached.",
  expired: "The conversation above has ended. This is a new one.",
  patient_name: "Your full name",
  callback_number: "Phone number with area code",
  visit_reason: "Reason for the visit",
  preferred_times: "Days and times that suit you",
  required: "Please fill this in.",
  badNumber: "Please give the number with its area code, for example 310-555-0142.",
  pick: "Pick a day and time",
  add: "Add",
  other: "Ask something else",
};

export type Labels = typeof english;

const spanish: Labels = {
  title: "Chat",
  notice: "Asistente automático, no es personal clínico",
  emergency: "En una emergencia llame al 911.",
  close: "Cerrar el chat",
  menu: "Menú",
  call: "Llamar al {phone}",
  person: "Hablar con una persona",
  wantPerson: "Quiero hablar con una persona.",
  log: "Conversación",
  news: "Mensajes nuevos",
  you: "Usted",
  assistant: "Asistente",
  staff: "Personal de la clínica",
  important: "Importante",
  typing: "El asistente está escribiendo",
  choices: "Respuestas sugeridas",
  source: "Fuente: {title}",
  newTab: "se abre en otra pestaña",
  more: "Ver la respuesta completa",
  message: "Su mensaje",
  placeholder: "Escriba un mensaje",
  send: "Enviar",
  sending: "Enviando…",
  sent: "Enviado",
  held: "En espera de envío",
  failed: "No se envió.",
  tooLong: "Supera los 2.000 caracteres. Acórtelo, por favor.",
  retry: "Reintentar",
  edit: "Editar",
  left: "Quedan {n} caracteres",
  offline: "No hay conexión. Sus mensajes se guardan y se enviarán cuando vuelva.",
  waiting: "No podemos comunicarnos con la clínica. Sus mensajes se guardan y se enviarán después.",
  busy: "Un momento, por favor. Sus mensajes se guardan y se enviarán enseguida.",
  short: "Respuestas cortas",
  dim: "Atenuar los colores",
  download: "Descargar esta conversación",
  over: "Empezar de nuevo",
  forget: "Olvidar esta conversación",
  forgetAsk: "¿Borrar esta conversación aquí y en la clínica? No se puede deshacer.",
  forgetYes: "Borrarla",
  forgetNo: "Conservarla",
  forgotten: "La conversación se ha borrado.",
  forgetting: "Borrada aquí. La copia de la clínica se borrará cuando haya conexión.",
  expired: "La conversación anterior ha terminado. Esta es una nueva.",
  patient_name: "Su nombre completo",
  callback_number: "Teléfono con código de área",
  visit_reason: "Motivo de la visita",
  preferred_times: "Días y horas que le convienen",
  required: "Complete este campo, por favor.",
  badNumber: "Escriba el número con su código de área, por ejemplo 310-555-0142.",
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
