// Hands the new session to the chat widget (widget/src/store.ts reads this key) and opens it.
const session = document.getElementById("session").textContent;
localStorage.setItem(`clinic-chat ${location.origin} session`, session);
sessionStorage.setItem("clinic-chat open", "1");
location.replace("/");
