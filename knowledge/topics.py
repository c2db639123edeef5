"""Topic ids: the names shared by training data, answers, evaluation and reports."""

ARTICLE_TOPICS = (
    "nmt_definition",
    "nmt_method",
    "nmt_conditions",
    "drug_free_treatment",
    "trigger_points",
    "referred_pain",
    "muscles_and_headaches",
    "sternocleidomastoid",
    "posture_and_headaches",
    "feet_and_headaches",
    "headache_impact",
    "treatment_options",
    "doctor",
)
RELATED_TOPICS = ("botox_for_headaches", "restless_legs", "narcolepsy", "when_to_see_doctor")
CLINIC_TOPICS = (
    "book_appointment",
    "change_appointment",
    "clinic_location",
    "clinic_hours",
    "insurance_and_cost",
    "contact_details",
    "talk_to_person",
)
# Never offered to a patient as something to ask: they are what a message turns out to be.
GUARDED_TOPICS = ("personal_medical_advice", "out_of_scope")
TALK_TOPICS = ("greet", "goodbye", "thanks", "affirm", "deny", "bot_challenge", "capabilities")

# What a patient can be offered as a button.
ASKABLE_TOPICS = ARTICLE_TOPICS + RELATED_TOPICS + CLINIC_TOPICS
# Every topic that has an entry in answers.yml; small talk has none.
TOPICS = ASKABLE_TOPICS + GUARDED_TOPICS

# In details.yml: whichever topic was answered.
ANY = "any"
