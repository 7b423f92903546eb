//! Arguments of the form `--name VALUE`, and flags, as `blocking` and the network examples take them.

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// The arguments that have not been taken yet. A flag has no value.
#[derive(Debug)]
pub struct Arguments(Vec<(String, Option<String>)>);

impl Arguments {
    /// Those of the program.
    ///
    /// # Errors
    /// What is wrong with them, for the user.
    pub fn from_env() -> Result<Self, String> {
        Self::from_env_with(&[])
    }

    /// Those of the program, of which these are flags.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_env_with(flags: &[&str]) -> Result<Self, String> {
        Self::parse(env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()), flags)
    }

    fn parse(arguments: impl IntoIterator<Item = String>, flags: &[&str]) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let mut pairs = Vec::new();
        while let Some(name) = arguments.next() {
            if !name.starts_with("--") {
                return Err(format!("{name}: not an option"));
            }
            if flags.contains(&name.as_str()) {
                pairs.push((name, None));
                continue;
            }
            let Some(value) = arguments.next() else {
                return Err(format!("{name}: the value is missing, or there is no such option"));
            };
            pairs.push((name, Some(value)));
        }
        Ok(Self(pairs))
    }

    /// Takes an option's value, if it is there.
    ///
    /// # Errors
    /// What is wrong with the value, for the user.
    pub fn take<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(at) = self.0.iter().position(|(given, _)| given == name) else {
            return Ok(None);
        };
        let (_, value) = self.0.remove(at);
        let value = value.unwrap_or_default();
        value.parse().map(Some).map_err(|error| format!("{name} {value}: {error}"))
    }

    /// Takes a flag; whether it is there.
    pub fn take_flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|(given, _)| given == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// To be called when all has been taken that there is.
    ///
    /// # Errors
    /// If there is something left.
    pub fn finish(self) -> Result<(), String> {
        match self.0.first() {
            Some((name, _)) => Err(format!("{name}: there is no such option, or it is given twice")),
            None => Ok(()),
        }
    }
}

/// A time in seconds, such as `10` or `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().map_err(|_| "not a number of seconds")?;
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| "not a time from now on")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned), &["--flag"])
    }

    #[test]
    fn taken_by_name_in_any_order() {
        let mut arguments = parse("--b 2 --a one").unwrap();
        assert_eq!(arguments.take::<String>("--a"), Ok(Some("one".to_owned())));
        assert_eq!(arguments.take("--b"), Ok(Some(2)));
        assert_eq!(arguments.take::<u8>("--c"), Ok(None));
        assert_eq!(arguments.finish(), Ok(()));
    }

    #[test]
    fn flags_have_no_value() {
        let mut arguments = parse("--flag --a 1").unwrap();
        assert!(arguments.take_flag("--flag") && !arguments.take_flag("--flag"));
        assert_eq!(arguments.take("--a"), Ok(Some(1)));
        assert_eq!(arguments.finish(), Ok(()));
        assert!(parse("--flag 1").unwrap_err().starts_with("1: "));
        let mut twice = parse("--flag --flag").unwrap();
        assert!(twice.take_flag("--flag"));
        assert!(twice.finish().unwrap_err().starts_with("--flag: "));
    }

    #[test]
    fn complaints_name_what_is_wrong() {
        for (line, named) in [("a", "a: "), ("--a", "--a: "), ("-a 1", "-a: "), ("--a 1 2 3", "2: ")] {
            let complaint = parse(line).unwrap_err();
            assert!(complaint.starts_with(named), "{line}: {complaint}");
        }
        let mut arguments = parse("--a x --b 1 --b 2").unwrap();
        assert!(arguments.take::<u8>("--a").unwrap_err().starts_with("--a x: "));
        assert_eq!(arguments.take("--b"), Ok(Some(1)));
        assert!(arguments.finish().unwrap_err().starts_with("--b: "));
    }

    #[test]
    fn seconds() {
        assert_eq!("1.5".parse(), Ok(Seconds(Duration::from_millis(1_500))));
        assert_eq!("0".parse(), Ok(Seconds(Duration::ZERO)));
        for wrong in ["", "x", "-1", "NaN", "inf", "1e300", "1s"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }
}
