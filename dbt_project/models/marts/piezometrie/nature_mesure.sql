{{ config(
    incremental_strategy='upsert',
    unique_key='code_nature_mesure',
) }}

{{ codes_read('nature_mesure') }}
