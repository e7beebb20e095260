## Mails and the local mailbox

mail_unsubscribe = Unsubscribe
mail_footer = You get this mail because you asked for it. A description of published figures, not advice.
mail_footer_account = You get this mail because it concerns your address or your account on Quarterday; it cannot be switched off.
mailbox_title = Local mailbox
mailbox_answer = This is a local mailbox: nothing leaves this machine. No mail server is set, so mails are shown here instead of being sent.
mailbox_subject = Subject
mailbox_to = To
mailbox_at = Written
mailbox_waiting = waiting
mailbox_none = No mail has been written yet.
mailbox_attachment = Attachment
unsubscribe_title = Unsubscribe
unsubscribe_ask_report = Stop the weekly report by e-mail?
unsubscribe_ask_alert = Stop alerts by e-mail? The alerts themselves stay; other channels are not touched.
unsubscribe_done_report = Done: no more weekly reports by e-mail.
unsubscribe_done_alert = Done: no more alerts by e-mail.
unsubscribe_button = Unsubscribe
unsubscribe_settings = Change what we send you
