import { primaryTag } from "./language.ts";

/** The panel's own words: name, English, Spanish. What the clinic says comes from the desk. */
const WORDS = `notice|Automated assistant, not a clinician|Asistente automático, no es personal clínico
emergency|In an emergency call 911.|En una emergencia llame al 911.
unread|New messages: {n}|Mensajes nuevos: {n}
close|Close chat|Cerrar el chat
menu|Menu|Menú
call|Call {phone}|Llamar al {phone}
person|Talk to a person|Hablar con una persona
log|Conversation|Conversación
patient|You|Usted
assistant|Assistant|Asistente
staff|Clinic staff|Personal de la clínica
important|Important|Importante
choices|Suggested replies|Respuestas sugeridas
source|Source: {title}|Fuente: {title}
newTab|opens in a new tab|se abre en otra pestaña
more|Show all|Ver todo
message|Your message|Su mensaje
send|Send|Enviar
sending|Sending…|Enviando…
sent|Sent|Enviado
held|Waiting to be sent|En espera de envío
failed|Not sent.|No se envió.
retry|Try again|Reintentar
edit|Edit|Editar
offline|No connection to the clinic. Messages are kept and sent later.|Sin conexión con la clínica. Los mensajes se guardan y se envían después.
short|Short answers|Respuestas cortas
dim|Dim the colors|Atenuar los colores
download|Download this conversation|Descargar esta conversación
over|Start over|Empezar de nuevo
forget|Forget this conversation|Olvidar esta conversación
forgetAsk|Erase it here and at the clinic?|¿Borrar esta conversación aquí y en la clínica?
forgetYes|Erase it|Borrarla
forgetNo|Keep it|Conservarla
forgotten|Erased here and, once reachable, at the clinic.|Borrada aquí y, cuando haya conexión, en la clínica.
expired|The conversation above ended. A new one begins.|La conversación anterior terminó. Empieza otra.
patient_name|Your full name|Su nombre completo
callback_number|Phone number with area code|Teléfono con código de área
visit_reason|Reason for the visit|Motivo de la visita
preferred_times|Days and times that suit you|Días y horas que le convienen
badNumber|Include the area code: 310-555-0142.|Incluya el código de área: 310-555-0142.
pick|Pick a day and time|Elija día y hora
add|Add|Añadir
other|Ask something else|Preguntar otra cosa`;

type NameIn<Table extends string> = Table extends `${infer Line}\n${infer Rest}`
  ? NameIn<Line> | NameIn<Rest>
  : Table extends `${infer Name}|${string}`
    ? Name
    : never;

const LANGUAGES = ["en", "es"];

export type Labels = Record<NameIn<typeof WORDS>, string>;

/** Replacements by primary language tag; words that are not replaced stay English. */
export type Replacements = Record<string, Partial<Labels>>;

/** The words for a language tag such as `es-MX`. */
export function labelsFor(language: string, replacements: Replacements): Labels {
  const shipped = LANGUAGES.indexOf(deskLocale(language));
  const words = WORDS.split("\n").map((line) => {
    const [name, ...said] = line.split("|");
    return [name, said[shipped]];
  });
  return { ...(Object.fromEntries(words) as Labels), ...replacements[primaryTag(language)] };
}

/** The language the desk is asked to answer in: one that it knows. */
export function deskLocale(language: string): string {
  const primary = primaryTag(language);
  return LANGUAGES.includes(primary) ? primary : "en";
}
