-- The rows that litellm_database.py reads, as a JSON object on each line.
select row_to_json(c) from (
    select credential_name, credential_values, credential_info from "LiteLLM_CredentialsTable" order by credential_name
) c;
select row_to_json(m) from (
    select model_name, litellm_params, model_info from "LiteLLM_ProxyModelTable" order by model_name
) m;
