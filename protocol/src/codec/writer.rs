//! Msgpack in the forms that msgpack-python chooses: the smallest for integers and lengths, float64 for floats.

use rmpv::Value;

/// A msgpack document being written.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
}

impl Writer {
    pub(super) fn nil(&mut self) {
        self.out.push(0xc0);
    }

    pub(super) fn uint(&mut self, value: u64) {
        match value {
            0..=0x7f => self.out.push(value as u8),
            0x80..=0xff => self.marked(0xcc, &(value as u8).to_be_bytes()),
            0x100..=0xffff => self.marked(0xcd, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.marked(0xce, &(value as u32).to_be_bytes()),
            _ => self.marked(0xcf, &value.to_be_bytes()),
        }
    }

    pub(super) fn int(&mut self, value: i64) {
        match value {
            0.. => self.uint(value as u64),
            -32..=-1 => self.out.push(value as u8),
            -0x80..=-33 => self.marked(0xd0, &(value as i8).to_be_bytes()),
            -0x8000..=-0x81 => self.marked(0xd1, &(value as i16).to_be_bytes()),
            -0x8000_0000..=-0x8001 => self.marked(0xd2, &(value as i32).to_be_bytes()),
            _ => self.marked(0xd3, &value.to_be_bytes()),
        }
    }

    pub(super) fn float(&mut self, value: f64) {
        self.marked(0xcb, &value.to_be_bytes());
    }

    pub(super) fn opt_float(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.float(value),
            None => self.nil(),
        }
    }

    pub(super) fn str(&mut self, text: &str) {
        match text.len() {
            len @ 0..=31 => self.out.push(0xa0 | len as u8),
            len => self.length([0xd9, 0xda, 0xdb], len),
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn bin(&mut self, bytes: &[u8]) {
        self.length([0xc4, 0xc5, 0xc6], bytes.len());
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn array(&mut self, len: usize) {
        match len {
            0..=15 => self.out.push(0x90 | len as u8),
            _ => self.long_length([0xdc, 0xdd], len),
        }
    }

    pub(super) fn map(&mut self, len: usize) {
        match len {
            0..=15 => self.out.push(0x80 | len as u8),
            _ => self.long_length([0xde, 0xdf], len),
        }
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Nil => self.nil(),
            Value::Boolean(flag) => self.out.push(if *flag { 0xc3 } else { 0xc2 }),
            Value::Integer(number) => match (number.as_u64(), number.as_i64()) {
                (Some(unsigned), _) => self.uint(unsigned),
                (None, signed) => self.int(signed.unwrap_or(0)),
            },
            Value::F32(number) => self.float(f64::from(*number)),
            Value::F64(number) => self.float(*number),
            Value::String(text) => match text.as_str() {
                Some(text) => self.str(text),
                None => self.bin(text.as_bytes()),
            },
            Value::Binary(bytes) => self.bin(bytes),
            Value::Array(items) => {
                self.array(items.len());
                items.iter().for_each(|item| self.value(item));
            }
            Value::Map(pairs) => {
                self.map(pairs.len());
                for (key, value) in pairs {
                    self.value(key);
                    self.value(value);
                }
            }
            Value::Ext(kind, bytes) => self.ext(*kind, bytes),
        }
    }

    fn ext(&mut self, kind: i8, bytes: &[u8]) {
        match bytes.len() {
            1 => self.out.push(0xd4),
            2 => self.out.push(0xd5),
            4 => self.out.push(0xd6),
            8 => self.out.push(0xd7),
            16 => self.out.push(0xd8),
            len => self.length([0xc7, 0xc8, 0xc9], len),
        }
        self.out.push(kind as u8);
        self.out.extend_from_slice(bytes);
    }

    fn length(&mut self, markers: [u8; 3], len: usize) {
        match u8::try_from(len) {
            Ok(len) => self.marked(markers[0], &[len]),
            Err(_) => self.long_length([markers[1], markers[2]], len),
        }
    }

    fn long_length(&mut self, markers: [u8; 2], len: usize) {
        match u16::try_from(len) {
            Ok(len) => self.marked(markers[0], &len.to_be_bytes()),
            // Messages are refused by the transport long before 4 GB.
            Err(_) => self.marked(markers[1], &(len as u32).to_be_bytes()),
        }
    }

    fn marked(&mut self, marker: u8, bytes: &[u8]) {
        self.out.push(marker);
        self.out.extend_from_slice(bytes);
    }
}
