/**
 * Fetches and converters of HAProxy that are known and not supported: what they need is said in
 * place of "unknown", so that nobody looks for a typing mistake.
 */

/** Names in a text. */
const names = (text: string): string[] => text.trim().split(/\s+/);

const HTTP_FETCHES = names(`
base base32 base32+src baseq capture.req.method capture.req.uri capture.req.ver capture.res.hdr capture.res.ver cook
cook_cnt cook_val cookie hdr hdr_cnt hdr_ip hdr_val http_auth http_auth_bearer http_auth_group http_auth_pass
http_auth_type http_auth_user http_first_req meth method path pathq req.body req.body_len req.body_param req.body_size
req.cook req.cook_cnt req.cook_val req.fhdr req.fhdr_cnt req.hdr req.hdr_cnt req.hdr_ip req.hdr_names req.hdr_val
req.hdrs req.hdrs_bin req.ver req_ver res.body res.body_len res.body_size res.cache_hit res.cache_name res.comp
res.comp_algo res.cook res.cook_cnt res.cook_val res.fhdr res.fhdr_cnt res.hdr res.hdr_cnt res.hdr_ip res.hdr_names
res.hdr_val res.hdrs res.hdrs_bin res.ver resp_ver scook scook_cnt scook_val shdr shdr_cnt shdr_ip shdr_val status url
url32 url32+src url_ip url_param url_port urlp urlp_val
`);
/** ACLs of HTTP that may carry a match method in their names, and the methods. */
const HTTP_ACLS = names('base cook hdr path scook shdr url urlp');
const SUFFIXES = names('beg dir dom end len reg sub');
const TLS_FETCHES = names(`
bc bc_alg_keysize bc_alpn bc_cipher bc_client_random bc_err bc_err_str bc_is_resumed bc_npn bc_protocol bc_server_random
bc_session_id bc_session_key bc_unique_id bc_use_keysize c_ca_err c_ca_err_depth c_chain_der c_der c_err c_i_dn
c_key_alg c_notafter c_notbefore c_s_dn c_serial c_sha1 c_sig_alg c_used c_verify c_version f_der f_i_dn f_key_alg
f_notafter f_notbefore f_s_dn f_serial f_sha1 f_sig_alg f_version fc fc_alg_keysize fc_alpn fc_cipher fc_cipherlist_bin
fc_cipherlist_hex fc_cipherlist_str fc_cipherlist_xxh fc_client_early_traffic_secret fc_client_handshake_traffic_secret
fc_client_random fc_client_traffic_secret_0 fc_early_exporter_secret fc_ecformats_bin fc_eclist_bin fc_err fc_err_str
fc_exporter_secret fc_extlist_bin fc_has_crt fc_has_early fc_has_sni fc_is_resumed fc_npn fc_protocol
fc_protocol_hello_id fc_server_handshake_traffic_secret fc_server_random fc_server_traffic_secret_0 fc_session_id
fc_session_key fc_sni fc_unique_id fc_use_keysize s_chain_der s_der s_i_dn s_key_alg s_notafter s_notbefore s_s_dn
s_serial s_sha1 s_sig_alg s_version fc_sni_end fc_sni_reg
`).map((name) => `ssl_${name}`);
const DEVELOPER_FETCHES = names(`
cpu_calls cpu_ns_avg cpu_ns_tot distcc_body distcc_param fcgi.docroot fcgi.index internal.htx.data internal.htx.free
internal.htx.free_data internal.htx.has_eom internal.htx.nbblks internal.htx.size internal.htx.used
internal.htx_blk.data internal.htx_blk.hdrname internal.htx_blk.hdrval internal.htx_blk.size internal.htx_blk.start_line
internal.htx_blk.type internal.strm.is_htx lat_ns_avg lat_ns_tot
`);
const OTHER_FETCHES = names(`
bc_err bc_err_str dst_conn fc_fackets fc_lost fc_pp_authority fc_pp_unique_id fc_reordering fc_retrans fc_rtt
fc_rttvar fc_sacked fc_unacked last_rule_file last_rule_line unique-id
`);
const HTTP_CONVERTERS = names('capture-req capture-res');
const TLS_CONVERTERS = names('jwt_header_query jwt_payload_query jwt_verify');
const PROTOCOL_CONVERTERS = names('fix_is_valid fix_tag_value mqtt_field_value mqtt_is_valid protobuf ungrpc');

const NEEDS_HTTP = "needs 'mode http', which is not supported yet";
const NEEDS_TLS = 'needs TLS, which is not supported yet';
const NOT_SUPPORTED = 'is not supported';

const reasons = (list: readonly string[], reason: string): [string, string][] => list.map((name) => [name, reason]);

/** Fetches, and why they are refused. */
export const UNSUPPORTED_FETCHES: ReadonlyMap<string, string> = new Map([
  ...reasons(HTTP_FETCHES, NEEDS_HTTP),
  ...reasons(
    HTTP_ACLS.flatMap((name) => SUFFIXES.map((suffix) => `${name}_${suffix}`)),
    NEEDS_HTTP,
  ),
  ...reasons(TLS_FETCHES, NEEDS_TLS),
  ...reasons([...DEVELOPER_FETCHES, ...OTHER_FETCHES], NOT_SUPPORTED),
]);

/** Converters, and why they are refused. */
export const UNSUPPORTED_CONVERTERS: ReadonlyMap<string, string> = new Map([
  ...reasons(HTTP_CONVERTERS, NEEDS_HTTP),
  ...reasons(TLS_CONVERTERS, NEEDS_TLS),
  ...reasons(PROTOCOL_CONVERTERS, NOT_SUPPORTED),
]);
