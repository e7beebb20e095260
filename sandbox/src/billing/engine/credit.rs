//! Credit notes: they correct an invoice that is final.

use super::super::book::Book;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Charge, CreditNote, InvoiceStatus, Metadata};
use super::{invoice, payment};

/// A credit note that is asked for. Amounts are minor units.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Of which invoice.
    pub invoice: String,
    /// How much in all.
    pub amount: Option<i64>,
    /// Of a paid invoice: what is to go back to the card.
    pub refund: Option<i64>,
    /// What is to go to the customer's balance.
    pub credit: Option<i64>,
    /// What was given back in another way.
    pub out_of_band: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// What the customer reads.
    pub memo: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}

/// Makes a credit note: what is not paid yet is no longer owed; of what has been paid, the parts go where they were asked to go.
///
/// # Errors
/// The invoice is not there or not final, more is asked for than is left of it, or the parts are not the whole.
pub fn note(book: &mut Book, wish: Wish) -> Result<String, Refusal> {
    let of = book.invoices.get(&wish.invoice).cloned();
    let of = of.ok_or_else(|| Refusal::missing_at("invoice", "invoice", &wish.invoice))?;
    let (refund, credit, elsewhere) =
        (wish.refund.unwrap_or(0), wish.credit.unwrap_or(0), wish.out_of_band.unwrap_or(0));
    let amount = wish.amount.ok_or_else(|| {
        let message = "One of amount, lines, or shipping_cost must be provided.";
        Refusal { code: Some("parameter_missing"), ..Refusal::parameter("amount", message) }
    })?;
    if amount <= 0 || refund < 0 || credit < 0 || elsewhere < 0 {
        return Err(Refusal::parameter("amount", "The amount of a credit note must be greater than 0."));
    }
    let paid = match of.status {
        InvoiceStatus::Open | InvoiceStatus::Uncollectible => false,
        InvoiceStatus::Paid => true,
        other => {
            let message = format!(
                "Credit notes can only be made for open and paid invoices; this one is {}.",
                other.as_str()
            );
            return Err(Refusal::parameter("invoice", message));
        }
    };
    let left = if paid { of.amount_paid - of.credited_after } else { of.remaining() };
    if amount > left {
        let message = format!(
            "The sum of credit amount, refund amount and out of band amount ({amount}) must not exceed what is left of the invoice ({left})."
        );
        return Err(Refusal::parameter("amount", message));
    }
    if paid && refund + credit + elsewhere != amount {
        let message = format!(
            "The sum of credit amount, refund amount and out of band amount must be the credit note amount ({amount})."
        );
        return Err(Refusal::parameter("amount", message));
    }
    let id = book.id("cn");
    let count = book.credit_notes.values().filter(|note| note.invoice == of.id).count();
    let number = format!("{}-CN-{:02}", of.number.clone().unwrap_or_default(), count + 1);
    let refund = match refund {
        0 => None,
        amount => Some(give_back(book, &of.id, amount)?),
    };
    let balance_entry =
        invoice::enter_balance(book, &of.customer, -credit, ("credit_note", Some(&of.id), Some(&id)))?;
    let row = CreditNote {
        id: id.clone(),
        number,
        invoice: of.id.clone(),
        customer: of.customer.clone(),
        currency: of.currency.clone(),
        amount,
        before_payment: if paid { 0 } else { amount },
        to_balance: credit,
        balance_entry,
        refund,
        out_of_band: elsewhere,
        reason: wish.reason,
        memo: wish.memo,
        created: book.now,
        metadata: wish.metadata,
    };
    book.credit_notes.put(&id, row);
    let found = book.invoice_mut(&of.id)?;
    if paid {
        found.credited_after += amount;
    } else {
        found.credited_before += amount;
        found.amount_due -= amount;
    }
    let (due, intent) = (found.remaining(), found.intent.clone());
    let object = render::credit_note(book, &id);
    book.tell("credit_note.created", object, None);
    invoice::tell(book, "invoice.updated", &of.id);
    if !paid {
        if let Some(intent) = intent {
            book.intent_mut(&intent)?.amount = due;
        }
        if due == 0 {
            payment::settle(book, &of.id, 0)?;
        }
    }
    Ok(id)
}

/// Refunds an amount of the charge that paid an invoice.
fn give_back(book: &mut Book, id: &str, amount: i64) -> Result<String, Refusal> {
    let paid = |charge: &&Charge| charge.invoice == id && charge.declined.is_none();
    let charge = book.charges.values().find(paid).map(|charge| charge.id.clone());
    let message = "This invoice was not paid with a card: there is nothing to refund.";
    let charge = charge.ok_or_else(|| Refusal::parameter("refund_amount", message))?;
    payment::refund(book, &charge, Some(amount), None, Metadata::new())
}
