//! One form for all mutations of the area: an input, a payload, and the use case behind them.

/// Declares mutations: each with its words, its input, its payload and the use case that runs.
macro_rules! mutations {
    ($root:ident { $(
        $(#[doc = $doc:literal])+
        $method:ident($input:ident {
            $($(#[doc = $field_doc:literal])+ $field:ident: $field_ty:ty),* $(,)?
        }) -> $payload:ident { $(#[doc = $noun_doc:literal])+ $noun:ident: $ty:ty } = $run:path;
    )+ }) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Debug, async_graphql::InputObject)]
            pub struct $input {
                $($(#[doc = $field_doc])+ pub $field: $field_ty,)*
            }

            payload! {
                /// Outcome of the mutation.
                $payload {
                    $(#[doc = $noun_doc])+
                    $noun: $ty
                }
            }
        )+

        #[derive(Clone, Copy, Default)]
        pub struct $root;

        #[async_graphql::Object]
        impl $root {
            $(
                $(#[doc = $doc])+
                async fn $method(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "What to do.")] input: $input,
                ) -> door::Nullable<$payload> {
                    $crate::face::payload($run($crate::face::Door::store(ctx), input).await)
                }
            )+
        }
    };
}
