//! What a server's errors say beside their code.

/// The function of `byok_api` that refused: it stands in the server's account of where the error arose, or in the message
/// when the function may not be called at all.
pub(super) fn refusing_function(error: &dyn sqlx::error::DatabaseError) -> Option<String> {
    let context = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| error.r#where());
    let named = |text: &str, before: &str| {
        let rest = text.split_once(before)?.1;
        let name: String = rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
        (!name.is_empty()).then_some(name)
    };
    let called = named(error.message(), "permission denied for function ");
    called.or_else(|| context.and_then(|context| named(context, "function byok_api.")))
}

pub(super) fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        _ => error.to_string(),
    }
}
