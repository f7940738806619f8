{{ config(
    incremental_strategy='upsert',
    unique_key='code_producteur',
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}

{{ codes_read('producteur') }}
