//! From a filter's text to its rules.

use std::cmp::Ordering::{Equal, Greater, Less};

use serde_json::{Map, Value};

use super::{
    BadFilter, MAX_FILTER_BYTES,
    condition::{Condition, Literal, Test, Whole},
    rule::Rule,
};

/// Conditions, members and operators of one filter.
const MOST_NODES: usize = 200;
const MOST_DEPTH: usize = 20;

/// Counts what a filter is made of.
struct Reader {
    n_left: usize,
}

type Read<T> = Result<T, BadFilter>;

/// With how many conditions, members and operators it has.
pub(super) fn rule(text: &str) -> Read<(Rule, usize)> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(bad(format!("Shorten the filter to at most {MAX_FILTER_BYTES} bytes.")));
    }
    let value: Value = serde_json::from_str(text).map_err(|_| bad("The filter is not JSON.".to_owned()))?;
    let mut reader = Reader { n_left: MOST_NODES };
    let rule = reader.rule(&value, 0)?;
    Ok((rule, MOST_NODES - reader.n_left))
}

fn bad(says: String) -> BadFilter {
    BadFilter { field: "filter", says }
}

impl Reader {
    fn count(&mut self, depth: usize) -> Read<()> {
        if depth > MOST_DEPTH {
            return Err(bad(format!("The filter is nested too deeply: at most {MOST_DEPTH} levels.")));
        }
        let n_left = self.n_left.checked_sub(1);
        self.n_left =
            n_left.ok_or_else(|| bad(format!("The filter has more than {MOST_NODES} members and values.")))?;
        Ok(())
    }

    fn rule(&mut self, value: &Value, depth: usize) -> Read<Rule> {
        self.count(depth)?;
        let members = value.as_object().ok_or_else(|| {
            bad("Give the filter as a JSON object, such as {\"body\": {\"status\": \"paid\"}}.".to_owned())
        })?;
        let mut rules = Vec::with_capacity(members.len());
        for (name, value) in members {
            match name.as_str() {
                "headers" => {
                    rules.push(self.named(name, value, depth, |name, it| Rule::Header(name.to_ascii_lowercase(), it))?)
                }
                "query" => rules.push(self.named(name, value, depth, |name, it| Rule::Parameter(name.to_owned(), it))?),
                "body" => rules.push(Rule::Body(self.condition(value, depth + 1)?)),
                "path" => rules.push(Rule::Path(self.condition(value, depth + 1)?)),
                "method" => rules.push(Rule::Method(self.condition(value, depth + 1)?)),
                "$and" => rules.push(Rule::All(self.rules(name, value, depth)?)),
                "$or" => rules.push(Rule::Any(self.rules(name, value, depth)?)),
                "$not" => rules.push(Rule::Not(Box::new(self.rule(value, depth + 1)?))),
                other => {
                    return Err(bad(format!(
                        "{} is no part of a request. A filter has headers, query, body, path, method, $and, $or and $not.",
                        shown(other)
                    )));
                }
            }
        }
        Ok(Rule::All(rules))
    }

    fn rules(&mut self, name: &str, value: &Value, depth: usize) -> Read<Vec<Rule>> {
        list(name, value)?.iter().map(|value| self.rule(value, depth + 1)).collect()
    }

    /// Headers and parameters: each name with a condition, and how they go together.
    fn named(&mut self, part: &str, value: &Value, depth: usize, of: fn(&str, Condition) -> Rule) -> Read<Rule> {
        self.count(depth)?;
        let members =
            value.as_object().ok_or_else(|| bad(format!("Give {part} as an object of names and conditions.")))?;
        let mut rules = Vec::with_capacity(members.len());
        for (name, value) in members {
            let mut each = || -> Read<Vec<Rule>> {
                list(name, value)?.iter().map(|it| self.named(part, it, depth + 1, of)).collect()
            };
            rules.push(match name.as_str() {
                "$and" => Rule::All(each()?),
                "$or" => Rule::Any(each()?),
                "$not" => Rule::Not(Box::new(self.named(part, value, depth + 1, of)?)),
                other if other.starts_with('$') => return Err(unknown(other)),
                name => of(name, self.condition(value, depth + 1)?),
            });
        }
        Ok(Rule::All(rules))
    }

    fn condition(&mut self, value: &Value, depth: usize) -> Read<Condition> {
        self.count(depth)?;
        match value {
            Value::Object(members) => self.members(members, depth),
            Value::Array(_) => Err(bad("A list stands only behind $in, $nin, $and and $or.".to_owned())),
            scalar => Ok(Condition::of(Test::Equal(literal(scalar)?))),
        }
    }

    fn members(&mut self, members: &Map<String, Value>, depth: usize) -> Read<Condition> {
        let mut condition = Condition::default();
        for (name, value) in members {
            match name.as_str() {
                "$not" => condition.whole.push(Whole::Not(self.condition(value, depth + 1)?)),
                "$neq" => condition.whole.push(Whole::Not(Condition::of(Test::Equal(literal(value)?)))),
                "$nin" => condition.whole.push(Whole::Not(Condition::of(Test::In(self.literals(name, value)?)))),
                "$exist" => condition.whole.push(Whole::Exists(truth(value)?)),
                "$and" => condition.each.push(Test::All(self.conditions(name, value, depth)?)),
                "$or" => condition.each.push(Test::Any(self.conditions(name, value, depth)?)),
                "$in" => condition.each.push(Test::In(self.literals(name, value)?)),
                operator if operator.starts_with('$') => condition.each.push(test(operator, value)?),
                _ => condition.each.push(Test::Member(name.clone(), self.condition(value, depth + 1)?)),
            }
        }
        Ok(condition)
    }

    fn conditions(&mut self, name: &str, value: &Value, depth: usize) -> Read<Vec<Condition>> {
        list(name, value)?.iter().map(|value| self.condition(value, depth + 1)).collect()
    }

    fn literals(&mut self, name: &str, value: &Value) -> Read<Vec<Literal>> {
        let each = list(name, value)?.iter();
        each.map(|value| self.count(0).and_then(|()| literal(value))).collect()
    }
}

fn test(operator: &str, value: &Value) -> Read<Test> {
    let compared = |orders| match literal(value)? {
        it @ (Literal::Number(_) | Literal::Text(_)) => Ok(Test::Compare(orders, it)),
        Literal::Null | Literal::Bool(_) => Err(bad(format!("{operator} takes a number or a text."))),
    };
    let text = || {
        let text = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        text.ok_or_else(|| bad(format!("{operator} takes a text.")))
    };
    Ok(match operator {
        "$eq" => Test::Equal(literal(value)?),
        "$gt" => compared(&[Greater])?,
        "$gte" => compared(&[Greater, Equal])?,
        "$lt" => compared(&[Less])?,
        "$lte" => compared(&[Less, Equal])?,
        "$startsWith" => Test::StartsWith(text()?),
        "$endsWith" => Test::EndsWith(text()?),
        "$contains" => Test::Contains(text()?),
        other => return Err(unknown(other)),
    })
}

fn literal(value: &Value) -> Read<Literal> {
    match value {
        Value::Null => Ok(Literal::Null),
        Value::Bool(truth) => Ok(Literal::Bool(*truth)),
        Value::Number(number) => Ok(Literal::Number(number.clone())),
        Value::String(text) => Ok(Literal::Text(text.clone())),
        Value::Array(_) | Value::Object(_) => {
            Err(bad("Compare with a text, a number, true, false or null.".to_owned()))
        }
    }
}

fn truth(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| bad("$exist takes true or false.".to_owned()))
}

fn list<'a>(name: &str, value: &'a Value) -> Read<&'a Vec<Value>> {
    let list = value.as_array().filter(|list| !list.is_empty());
    list.ok_or_else(|| bad(format!("{name} takes a list with at least one item.")))
}

fn unknown(operator: &str) -> BadFilter {
    bad(format!(
        "{} is no operator. There are $eq, $neq, $gt, $gte, $lt, $lte, $in, $nin, $startsWith, $endsWith, $contains, \
         $exist, $or, $and and $not.",
        shown(operator)
    ))
}

/// A name as it can be shown.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
