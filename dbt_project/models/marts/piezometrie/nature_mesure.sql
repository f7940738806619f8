{{ config(
    incremental_strategy='upsert',
    unique_key='code_nature_mesure',
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}

{{ codes_read('nature_mesure') }}
