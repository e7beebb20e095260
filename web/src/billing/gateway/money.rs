//! Money back, credit, and what takes something off a price.

use stripe::StripeRequest;
use stripe_billing::credit_note::CreateCreditNote;
use stripe_core::customer_balance_transaction::CreateCustomerCustomerBalanceTransaction;
use stripe_product::coupon::{CreateCoupon, DeleteCoupon};
use stripe_product::promotion_code::{
    CreatePromotionCode, CreatePromotionCodePromotion, CreatePromotionCodePromotionType, UpdatePromotionCode,
};

use super::convert;
use super::{Gateway, Trouble, currency};
use crate::billing::facts::{Coupon, CreditNote, NewCoupon};

impl Gateway {
    /// Takes back a part of a paid invoice with a credit note, and gives that part back the way it came.
    ///
    /// # Errors
    /// More than is left of the invoice or of its payment, or the provider is away.
    pub async fn create_credit_note(
        &self,
        key: &str,
        invoice: &str,
        cents: i64,
        memo: &str,
    ) -> Result<CreditNote, Trouble> {
        let mut request = CreateCreditNote::new(invoice)
            .amount(cents)
            .refund_amount(cents)
            .reason(stripe_shared::CreditNoteReason::OrderChange);
        if !memo.is_empty() {
            request = request.memo(memo);
        }
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::credit_note(&made)
    }

    /// Adds to a customer's balance; a negative amount is credit for coming invoices. The balance afterwards.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn adjust_balance(
        &self,
        key: &str,
        customer: &str,
        cents: i64,
        code: &str,
        description: &str,
    ) -> Result<i64, Trouble> {
        let request = CreateCustomerCustomerBalanceTransaction::new(customer, cents, currency(code))
            .description(description);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.ending_balance)
    }

    /// Makes a coupon with an id of ours.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_coupon(&self, key: &str, id: &str, new: &NewCoupon) -> Result<Coupon, Trouble> {
        use stripe_shared::CouponDuration;
        let mut request = CreateCoupon::new().id(id).name(new.name.as_str());
        request = match new.months {
            None => request.duration(CouponDuration::Forever),
            Some(0) => request.duration(CouponDuration::Once),
            Some(months) => request.duration(CouponDuration::Repeating).duration_in_months(i64::from(months)),
        };
        if let Some(percent) = new.percent_off {
            request = request.percent_off(percent);
        }
        if let Some((cents, code)) = &new.amount_off {
            request = request.amount_off(*cents).currency(currency(code));
        }
        if let Some(at) = new.redeem_by_s {
            request = request.redeem_by(at);
        }
        if let Some(times) = new.max_redemptions {
            request = request.max_redemptions(times);
        }
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::coupon(&made)
    }

    /// Makes a code by which customers ask for a coupon; its id.
    ///
    /// # Errors
    /// The code is taken, or the provider is away.
    pub async fn create_promotion_code(
        &self,
        key: &str,
        coupon: &str,
        code: &str,
    ) -> Result<String, Trouble> {
        let mut promotion = CreatePromotionCodePromotion::new(CreatePromotionCodePromotionType::Coupon);
        promotion.coupon = Some(coupon.to_owned());
        let request = CreatePromotionCode::new(promotion).code(code);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.id.as_str().to_owned())
    }

    /// Lets nobody use a promotion code any more.
    ///
    /// # Errors
    /// There is none, or the provider is away.
    pub async fn retire_promotion_code(&self, key: &str, code_id: &str) -> Result<(), Trouble> {
        let request = UpdatePromotionCode::new(code_id).active(false);
        self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(())
    }

    /// Lets nobody redeem a coupon any more. Where it is in use it stays so. One that is gone already is as good.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn retire_coupon(&self, key: &str, coupon: &str) -> Result<(), Trouble> {
        let request = DeleteCoupon::new(coupon);
        match self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await {
            Ok(_) | Err(Trouble::Missing(_)) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }
}
