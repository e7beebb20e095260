## Registering

register_title = Register
register_lead = An account is free and needs an address and a password, nothing else. We send you a link; the account begins when you open it.
register_button = Register
register_have = Have an account? Sign in
register_sent_title = Look into your mail
register_sent = We have written to this address. Open the link in the mail to go on; it works for 24 hours. Nothing came? Look among unwanted mail, or register again.
confirm_title = Confirm your address
confirm_lead = Type the password that you chose. This shows that it was you who registered, and signs you in.
confirm_button = Confirm and sign in
confirm_wrong = This is not the password that was chosen when registering. Did somebody else use your address? Then close this page: nothing happens.
link_ended = This link no longer works: it was used already, is too old, or is incomplete. Ask for a new one.

## Signing in

sign_in_title = Sign in
sign_in_button = Sign in
sign_in_none = No account yet? Register
sign_in_forgotten = Forgotten your password?
sign_in_wrong = Address and password do not belong together. Nothing was changed; try again.
code_title = Your code
code_lead = Signing in to this account asks for a code as well.
code_wrong = This code does not count: it is mistyped, too old, or was used already. Wait for the next one.
code_back = Begin again
field_email = E-mail address
field_password = Password
field_code = Code
field_code_note = Six digits from your app, or one of your recovery codes.

## Passwords

password_rule = At least { $count } characters. A few unrelated words are easier to keep than a riddle. Pasting is fine.
password_short = The password is shorter than { $count } characters.
password_long = The password is longer than { $count } bytes.
password_guessable = The password is easily guessed: it is made of common words, of few characters, or of your address.
password_breached = This password is known from a leak elsewhere. Choose one that you use nowhere else.
email_bad = This is not an e-mail address.
email_looks_like = This address has letters that look like others, so it cannot be told apart from somebody else’s. Take one in the letters of one script.
reset_title = New password
reset_lead = Type your address. If it has an account, we send it a link that works for an hour.
reset_button = Send the link
reset_sent_title = Look into your mail
reset_sent = If this address has an account, a link for a new password is on its way to it. It works for an hour.
reset_new_lead = Choose a new password. Everybody who is signed in to this account is signed out.
reset_new_button = Keep the new password
reset_again = Ask for another link

## The account

account_edit = Change
account_back = Back to the account
role_support = Support
role_admin = Administrator
role_ml = Machine learning
role_operator = Operator
again_title = Your password once more
again_lead = What you are about to do matters, so we ask for your password again. It counts for a quarter of an hour.
again_button = Go on
again_wrong = The password or the code is not right. Nothing was changed.
password_title = Change the password
password_lead = Every other device is signed out.
password_button = Change the password
field_present = Present password
field_new_password = New password
email_title = Change the address
email_lead = Your address is { $email }. We send a link to the new one, which counts once you open it, and a note to the present one.
email_button = Send the link
email_sent = We have written to both addresses. Open the link in the mail to the new one within an hour.
email_confirm_lead = Make this your address? Other devices are signed out.
email_confirm_button = Make it my address
field_new_email = New address
devices_title = Devices
devices_lead = Where you are signed in. End what you do not know, and change your password.
devices_current = this device
devices_address = From
devices_began = since
devices_seen = last seen
devices_end = Sign out
devices_end_all = Sign out everywhere
device_words = { $browser } on { $system }
device_unknown = Unknown device
export_title = Take everything away (JSON)

## Two steps

two_step_title = Code when signing in
two_step_is_on = on
two_step_is_off = off
two_step_lead = With a code from an app on your phone, your password alone lets nobody in.
two_step_scan = Point your authenticator app at this picture.
two_step_picture = QR code for your app. The same key stands below as text.
two_step_manual = No camera? Type this key:
two_step_first = Type the code that the app shows
two_step_start = Switch on
two_step_on_lead = Signing in asks for a code from your app.
two_step_left = { $n ->
    [0] No recovery code is left. Make new ones.
    [one] One recovery code is left.
   *[other] { $n } recovery codes are left.
}
two_step_codes = Your recovery codes
two_step_codes_once = Each lets you in once if your phone is gone. Write them down now: they are shown this one time.
two_step_renew = Make new recovery codes
two_step_stop = Switch off

## Erasing

erase_title = Erase the account
erase_lead = In { $days } days, on { $day }, everything that names you is erased. Until then signing in calls it off.
erase_more = You are signed out everywhere at once. Address, lists, alerts, keys and mails go; what you paid stays as long as tax law demands. A running subscription has to be cancelled first.
erase_note = Type your address, so that this does not happen by a slip.
erase_button = Erase my account
erase_subscribed = A subscription is running. Cancel it first, so that nothing is charged to an account that is gone. Nothing was changed.
erase_wrong = This is not the address of this account. Nothing was changed.
erase_sent = You are signed out. The account is erased after 30 days; sign in before that if you change your mind.

## Mails

mail_confirm_subject = Confirm your address
mail_confirm = Somebody registered on Quarterday with this address. If it was you, open the link and type the password that you chose. It works for 24 hours. If it was not you, do nothing.
mail_confirm_link = Confirm the address
mail_known_subject = You have an account already
mail_known = Somebody wanted to use this address for an account on Quarterday, or one that looks like it. It has an account already, so nothing was changed. If it was you and you do not remember the password, choose a new one.
mail_reset_subject = A new password
mail_reset = Somebody asked for a new password for your account. If it was you, open the link within an hour. If not, do nothing: your password stays as it is.
mail_reset_link = Choose a new password
mail_email_subject = Confirm your new address
mail_email = Somebody wants to make this the address of their account on Quarterday. If it was you, open the link within an hour, on a device where you are signed in.
mail_email_link = Confirm the address
notice_where = { $at }, { $device }, { $address }.
notice_not_you = Was it not you? Choose a new password at once; that signs everybody out.
notice_reset = Choose a new password
notice_new_device_subject = New device
notice_new_device = Somebody signed in to your account on a device or in a network that we have not seen before.
notice_password_changed_subject = Your password was changed
notice_password_changed = The password of your account was changed. Every other device is signed out.
notice_password_reset_subject = Your password was changed
notice_password_reset = A new password was chosen by the link in a mail. Every device is signed out.
notice_email_asked_subject = Another address was asked for
notice_email_asked = Somebody who is signed in to your account asked for another address. It changes once the link in a mail to that address is opened.
notice_email_changed_subject = Your address was changed
notice_email_changed = Your account now has another address, and this one no longer belongs to it. If that was not you, answer to this mail.
notice_two_step_on_subject = Codes are on
notice_two_step_on = Signing in to your account now asks for a code from your app. Keep the recovery codes.
notice_two_step_off_subject = Codes are off
notice_two_step_off = Signing in to your account no longer asks for a code.
notice_recovery_used_subject = A recovery code was used
notice_recovery_used = One of your recovery codes was used. It does not work again.
notice_recovery_renewed_subject = New recovery codes
notice_recovery_renewed = New recovery codes were made; the old ones no longer work.
notice_exported_subject = Your data were taken away
notice_exported = Somebody who is signed in to your account has downloaded everything that we keep about you.
notice_erasure_asked_subject = Your account will be erased
notice_erasure_asked = Your account will be erased on { $day }. Sign in before that and it stays. This is the last mail about it.
notice_erasure_cancelled_subject = Your account stays
notice_erasure_cancelled = You signed in, so your account will not be erased.
