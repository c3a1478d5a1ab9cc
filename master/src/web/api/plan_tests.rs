use super::*;

fn form() -> StartForm {
    let arguments = json!([
        {"flags": ["--env"], "dest": "env", "takes_value": true, "type": "str", "choices": ["dev", "staging"]},
        {"flags": ["--item"], "dest": "item", "takes_value": true, "action": "append", "type": "str"},
        {"flags": ["--name"], "dest": "name", "takes_value": true, "type": "str", "is_required": true},
    ]);
    let classes = json!([{"name": "A", "tasks": ["look", "buy"]}, {"name": "B"}, {"name": "C"}]);
    StartForm {
        arguments: serde_json::from_value(arguments).unwrap(),
        classes: serde_json::from_value(classes).unwrap(),
        shapes: vec!["Steps".to_owned()],
        ..StartForm::default()
    }
}

fn read(
    body: Value,
    read: fn(&Map<String, Value>, &Present<'_>) -> Result<Wanted, ApiError>,
) -> Result<Wanted, Value> {
    let form = form();
    let present = Present {
        form: &form,
        classes: &form.classes[..2],
        has_shape: false,
        plan: StartPlan {
            users: 7,
            spawn_rate: 3.0,
        },
    };
    let fields: Map<String, Value> = serde_json::from_value(body).unwrap();
    read(&fields, &present).map_err(|error| json!(error.body()))
}

fn wrong(body: Value) -> Value {
    read(body, read_start).unwrap_err()["error"]["fields"].clone()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let body = json!({
        "users": -1, "spawn_rate": 0, "host": "example.com", "run_time": "soon", "profile": 1,
        "user_classes": ["C", "Nobody"], "shape_class": "Circle", "nonsense": 1,
        "options": {"envy": "x", "env": {}, "name": "", "headless": true},
        "classes": {"A": {"weight": 0, "fixed_count": -1, "tasks": ["fly"], "host": "b", "speed": 1}, "X": {}, "B": 1},
    });
    insta::assert_snapshot!(serde_json::to_string_pretty(&wrong(body)).unwrap());
}

#[test]
fn a_start_has_what_was_asked_for() {
    let body = json!({
        "users": 5, "spawn_rate": 2, "host": " http://t ", "run_time": "1m30s", "profile": "nightly", "user_classes": ["A"],
        "options": {"env": "staging", "item": ["a", 1, true]},
        "classes": {"A": {"weight": 2.5, "fixed_count": 3, "tasks": ["buy"], "host": ""}, "B": {"weight": null}},
    });
    let wanted = read(body, read_start).unwrap();
    assert_eq!(
        json!(wanted.options),
        json!({
            "env": "staging", "item": ["a", "1", "true"], "num_users": 5, "spawn_rate": 2.0, "host": "http://t",
            "run_time": 90, "profile": "nightly", "user_classes": ["A"],
        })
    );
    let settings: Vec<Value> = wanted
        .request
        .class_settings
        .iter()
        .map(|one| json!(one))
        .collect();
    assert_eq!(
        settings,
        [json!({"user_class_name": "A", "weight": 2.5, "fixed_count": 3, "host": null, "tasks": ["buy"]})]
    );
    assert_eq!(wanted.request.run_time_s, Some(90.0));
}

#[test]
fn a_load_shape_needs_no_number_of_users() {
    assert_eq!(
        wrong(json!({})),
        json!({"spawn_rate": "is missing", "users": "is missing"})
    );
    let wanted = read(json!({"shape_class": "Steps"}), read_start).unwrap();
    assert_eq!(json!(wanted.options), json!({"shape_class": "Steps"}));
    let wanted = read(
        json!({"shape_class": "", "users": 1, "spawn_rate": 1}),
        read_start,
    )
    .unwrap();
    assert_eq!(wanted.options["shape_class"], "Default");
}

#[test]
fn an_edit_keeps_what_it_does_not_name() {
    let wanted = read(
        json!({"users": 9, "run_time": 30, "if_plan_version": 4}),
        read_edit,
    )
    .unwrap();
    let plan = wanted.request.plan;
    assert_eq!(
        (plan.users, plan.spawn_rate, wanted.if_plan_version),
        (9, 3.0, Some(4))
    );
    assert_eq!(wanted.request.run_time_s, Some(30.0));
    let error = read(json!({"if_plan_version": "x", "shape_class": "Steps"}), read_edit).unwrap_err();
    let fields: Vec<&String> = error["error"]["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["if_plan_version", "shape_class"]);
}

#[test]
fn the_document_describes_the_fields_that_are_read() {
    fn described<T: utoipa::PartialSchema>() -> Vec<String> {
        let schema = json!(T::schema());
        schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }
    assert_eq!(described::<StartBody>(), START_FIELDS);
    assert_eq!(described::<EditBody>(), EDIT_FIELDS);
    assert_eq!(described::<ClassSettings>(), CLASS_FIELDS);
}
