use super::*;

fn form(fields: &[(&str, &str)]) -> FormResult {
    Ok(Form(
        fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    ))
}

fn parse_plain(posted: &FormResult) -> Result<Asked, String> {
    parse(posted, &StartForm::default(), Present::default())
}

fn declared() -> StartForm {
    let arguments = json!([
        {"flags": ["--env"], "dest": "env", "takes_value": true, "type": "str", "choices": ["dev", "staging"]},
        {"flags": ["--retries"], "dest": "retries", "takes_value": true, "type": "int"},
        {"flags": ["--note"], "dest": "note", "takes_value": true, "type": "str"},
        {"flags": ["--fast"], "dest": "fast", "action": "store_true", "nargs": 0, "type": "bool"},
        {"flags": ["--item"], "dest": "item", "takes_value": true, "action": "append", "type": "str"},
        {"flags": ["--token"], "dest": "token", "takes_value": true, "type": "str", "is_secret": true},
        {"flags": ["--name"], "dest": "name", "takes_value": true, "type": "str", "is_required": true},
    ]);
    StartForm {
        arguments: serde_json::from_value(arguments).unwrap(),
        ..StartForm::default()
    }
}

fn own(fields: &[(&str, &str)]) -> Result<Value, String> {
    let numbers = [("user_count", "1"), ("spawn_rate", "1")];
    let asked = parse(
        &form(&[&numbers, fields].concat()),
        &declared(),
        Present::default(),
    )?;
    let mut options = asked.options;
    options.retain(|name, _| declared().argument(name).is_some());
    Ok(options.into())
}

#[test]
fn arguments_of_the_script_are_taken_and_others_overlooked() {
    let fields = [
        ("env", "staging"),
        ("retries", "3"),
        ("fast", "true"),
        ("item", "a, b"),
        ("nonsense", "1"),
        ("headless", "true"),
    ];
    assert_eq!(
        own(&fields).unwrap(),
        json!({"env": "staging", "retries": "3", "fast": "true", "item": ["a", "b"]})
    );
    assert_eq!(
        own(&[("item", "a"), ("item", "b,c")]).unwrap(),
        json!({"item": ["a", "b,c"]})
    );
}

#[test]
fn an_empty_field_leaves_what_it_cannot_mean() {
    let fields = [("env", ""), ("retries", ""), ("token", ""), ("note", "")];
    assert_eq!(own(&fields).unwrap(), json!({"note": ""}));
    assert_eq!(own(&[("token", "x")]).unwrap(), json!({"token": "x"}));
    assert_eq!(own(&[("name", "")]), Err("name is required".to_owned()));
}

#[test]
fn what_is_asked_for_is_in_the_options_too() {
    let fields = [
        ("user_count", "5"),
        ("spawn_rate", "2"),
        ("run_time", "1m"),
        ("profile", "nightly"),
        ("user_classes", "A"),
    ];
    let asked = parse_plain(&form(&fields)).unwrap();
    assert_eq!(
        Value::from(asked.options),
        json!({"num_users": 5, "spawn_rate": 2.0, "run_time": 60, "profile": "nightly", "user_classes": ["A"]})
    );
}

fn shaped(class_picker: bool) -> StartForm {
    StartForm {
        class_picker,
        shapes: vec!["Steps".to_owned(), "Waves".to_owned()],
        shape: Some("Steps".to_owned()),
        ..StartForm::default()
    }
}

const IDLE: Present = Present {
    has_shape: true,
    is_idle: true,
};

#[test]
fn a_shape_needs_no_numbers() {
    let asked = parse(&form(&[]), &shaped(false), IDLE).unwrap();
    assert!(asked.options.is_empty());
    let answer = asked.answer(None);
    assert_eq!(answer["message"], "Swarming started using shape class 'Steps'");
    assert!(parse_plain(&form(&[])).is_err());
}

#[test]
fn a_shape_is_chosen_where_the_form_lets_classes_be_chosen() {
    let numbers = [("user_count", "1"), ("spawn_rate", "1")];
    let waves = form(&[("shape_class", "Waves")]);
    let asked = parse(&waves, &shaped(true), IDLE).unwrap();
    assert_eq!(asked.options["shape_class"], "Waves");
    for fields in [
        &numbers[..],
        &[&numbers[..], &[("shape_class", "Default")]].concat(),
    ] {
        let asked = parse(&form(fields), &shaped(true), IDLE).unwrap();
        assert_eq!(asked.options["shape_class"], "Default");
        assert_eq!(asked.answer(None)["message"], "Swarming started");
    }
    assert!(
        parse(&form(&[]), &shaped(true), IDLE).is_err(),
        "no shape and no numbers"
    );
    let running = Present {
        is_idle: false,
        ..IDLE
    };
    let asked = parse(&waves, &shaped(true), running).unwrap();
    assert!(
        !asked.options.contains_key("shape_class"),
        "a run keeps its shape"
    );
}

#[test]
fn a_full_form_is_read() {
    let fields = [
        ("user_count", "10"),
        ("spawn_rate", "2.5"),
        ("host", "http://<b>"),
        ("run_time", "1m"),
        ("user_classes", "A"),
        ("user_classes", "B, C"),
    ];
    let asked = parse_plain(&form(&fields)).unwrap();
    assert_eq!(
        asked.request.plan,
        StartPlan {
            users: 10,
            spawn_rate: 2.5
        }
    );
    assert_eq!(asked.request.host.as_deref(), Some("http://b"));
    assert_eq!(asked.request.run_time_s, Some(60.0));
    assert_eq!(
        asked.request.user_classes,
        Some(vec!["A".to_owned(), "B".to_owned(), "C".to_owned()])
    );
    let answer = asked.answer(Some("http://b"));
    assert_eq!(
        (answer["success"].as_bool(), answer["run_time"].as_str()),
        (Some(true), Some("1m"))
    );
}

#[test]
fn wrong_numbers_are_refused_with_the_fields_name() {
    for (users, rate, named) in [
        ("-1", "1", "user_count"),
        ("1.5", "1", "user_count"),
        ("", "1", "user_count"),
        ("1", "0", "spawn_rate"),
        ("1", "NaN", "spawn_rate"),
        ("1", "inf", "spawn_rate"),
        ("1", "-2", "spawn_rate"),
    ] {
        let error = parse_plain(&form(&[("user_count", users), ("spawn_rate", rate)])).unwrap_err();
        assert!(error.contains(named), "{users} {rate}: {error}");
    }
}

#[test]
fn a_wrong_run_time_is_refused() {
    let fields = [("user_count", "1"), ("spawn_rate", "1"), ("run_time", "soon")];
    assert!(parse_plain(&form(&fields)).unwrap_err().starts_with("run_time"));
}
