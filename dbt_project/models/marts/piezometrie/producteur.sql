{{ config(
    incremental_strategy='upsert',
    unique_key='code_producteur',
) }}

{{ codes_read('producteur') }}
