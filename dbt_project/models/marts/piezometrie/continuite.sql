{{ config(
    incremental_strategy='upsert',
    unique_key='code_continuite',
) }}

{{ codes_read('continuite') }}
