//! The little of protobuf that the TWS messages need.
//!
//! Written by hand on purpose: a stand-in that shared its codec and its message types with the client would share its mistakes.

/// A message being written: fields in the order of the calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// A number of any width, also a negative one, or a truth value.
    pub(super) fn int(mut self, field: u32, value: impl Into<i64>) -> Self {
        self.tag(field, 0);
        self.varint(value.into() as u64);
        self
    }

    /// A double.
    pub(super) fn double(mut self, field: u32, value: f64) -> Self {
        self.tag(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A text.
    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// A message within.
    pub(super) fn message(self, field: u32, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }

    /// What it is on the wire.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        self.tag(field, 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn tag(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// Bytes that are no protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Value<'a> {
    Number(u64),
    Double(f64),
    Bytes(&'a [u8]),
}

/// A message that was read. Of a field that comes twice the last one counts; fields that nobody asks for do no harm.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields<'a>(Vec<(u64, Value<'a>)>);

impl<'a> Fields<'a> {
    /// Reads all fields.
    ///
    /// # Errors
    /// When the bytes end within a field, or a field is of a kind that protobuf does not have.
    pub(super) fn read(mut rest: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let tag = varint(&mut rest)?;
            let value = match tag & 7 {
                0 => Value::Number(varint(&mut rest)?),
                1 => {
                    let (bytes, left) = rest.split_first_chunk::<8>().ok_or(Malformed)?;
                    rest = left;
                    Value::Double(f64::from_le_bytes(*bytes))
                }
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).map_err(|_| Malformed)?;
                    let (bytes, left) = rest.split_at_checked(length).ok_or(Malformed)?;
                    rest = left;
                    Value::Bytes(bytes)
                }
                5 => {
                    let (_, left) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
                    rest = left;
                    continue;
                }
                _ => return Err(Malformed),
            };
            fields.push((tag >> 3, value));
        }
        Ok(Self(fields))
    }

    /// A number that fits 32 bits.
    pub(super) fn int(&self, field: u64) -> Option<i32> {
        match self.last(field)? {
            Value::Number(number) => i32::try_from(number as i64).ok(),
            _ => None,
        }
    }

    /// A truth value; absent is false.
    pub(super) fn is_set(&self, field: u64) -> bool {
        matches!(self.last(field), Some(Value::Number(number)) if number != 0)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, field: u64) -> Option<&'a str> {
        match self.last(field)? {
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A message within; an absent one is empty.
    ///
    /// # Errors
    /// When it is there and malformed.
    pub(super) fn message(&self, field: u64) -> Result<Self, Malformed> {
        match self.last(field) {
            Some(Value::Bytes(bytes)) => Self::read(bytes),
            Some(_) => Err(Malformed),
            None => Ok(Self::default()),
        }
    }

    fn last(&self, field: u64) -> Option<Value<'a>> {
        self.0.iter().rev().find(|(number, _)| *number == field).map(|(_, value)| *value)
    }
}

fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0u64;
    for (place, byte) in rest.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            *rest = &rest[place + 1..];
            return Ok(value);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        // The two examples of protobuf's own encoding guide: field 1 = 150; field 2 = "testing".
        assert_eq!(Message::new().int(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(
            Message::new().text(2, "testing").into_bytes(),
            [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]
        );
        assert_eq!(
            Message::new().int(1, -1).into_bytes().len(),
            11,
            "a negative number takes ten bytes and its tag"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: i32, text in "\\PC{1,40}", flag: bool) {
            let within = Message::new().text(2, &text).double(5, f64::from(number));
            let bytes = Message::new().int(1, number).message(2, &within).int(6, flag).into_bytes();
            let read = Fields::read(&bytes).unwrap();
            prop_assert_eq!(read.int(1), Some(number));
            prop_assert_eq!(read.message(2).unwrap().text(2), Some(text.as_str()));
            prop_assert_eq!(read.is_set(6), flag);
            prop_assert_eq!(read.text(9), None);
        }

        #[test]
        fn no_bytes_do_harm(bytes: Vec<u8>) {
            if let Ok(fields) = Fields::read(&bytes) {
                for field in 0..20 {
                    let _ = (fields.int(field), fields.text(field), fields.message(field));
                }
            }
        }
    }
}
