/**
 * Lines of configurations, right and wrong, about which HAProxy and we say the same. `;;` stands
 * between lines that belong together. The proxies `b` (with server s1) and `st` (with a stick table
 * of addresses) are there.
 */

/** One entry a line of the text. */
const linesOf = (text: string): string[] => text.trim().split('\n');

/** Those of a frontend. */
export const FRONTEND_LINES: readonly string[] = linesOf(String.raw`
tcp-request connection reject if { req.len gt 0 }
use_backend b if foo
use_backend b if !
use_backend b if { src 1.2.3.4
use_backend b if { src 1.2.3.4 } or
use_backend b foo
use_backend nope if TRUE
use_backend
use_backend b iff TRUE
tcp-request connection accept if { src 1.1.1.1 } foo
tcp-request connection accept foo
tcp-request connection reject if nope
tcp-request connection expect-proxy
tcp-request connection expect-proxy layer4
tcp-request content expect-proxy layer4
tcp-request session reject
tcp-request session expect-proxy layer4
tcp-request connection track-sc0
tcp-request connection track-sc0 src
tcp-request connection track-sc0 src table st
tcp-request connection track-sc0 src table nope
tcp-request connection track-sc3 src table st
tcp-request connection track-sc src table st
tcp-request connection track-sc0 srcc table st
tcp-request connection track-sc0 str(a) table st
tcp-request connection track-sc0 req.len table st
tcp-request content track-sc0 req.len table st
tcp-request content capture src len 10
tcp-request content capture src
tcp-request content capture src len
tcp-request content capture src len x
tcp-request content capture src id 0
tcp-request connection capture src len 10
tcp-request connection set-var(x) src
tcp-request connection set-var(sess.x) src
tcp-request connection set-var(sess.) src
tcp-request connection set-var(foo.x) src
tcp-request connection set-var(txn.x src
tcp-request connection set-var(sess.x,foo) src
tcp-request connection set-var(sess.x,ifset) src
tcp-request connection set-var(sess.x,ifset,foo) src
tcp-request connection set-var(sess.x,,ifset) src
tcp-request connection set-var-fmt(sess.x,ifnotempty) %ci
tcp-request connection unset-var(sess.x,ifset)
tcp-request connection set-var
tcp-request connection set-var(sess.x)
tcp-request connection set-var(sess.x) src if TRUE
tcp-request connection set-var(sess.a-b) src
tcp-request connection set-var-fmt(sess.x) %ci
tcp-request connection set-var-fmt(sess.x) %zz
tcp-request connection unset-var(sess.x)
tcp-request connection unset-var
tcp-request connection sc-inc-gpc0(0)
tcp-request connection sc-inc-gpc0(3)
tcp-request connection sc-inc-gpc0(x)
tcp-request connection sc-inc-gpc0
tcp-request connection sc-inc-gpc1(0) if TRUE
tcp-request connection sc-inc-gpc(1,0)
tcp-request connection sc-inc-gpc(1)
tcp-request connection sc-set-gpt0(0) 12
tcp-request connection sc-set-gpt(1,0) 5
tcp-request connection set-src src
tcp-request connection set-src
tcp-request connection set-src-port int(5)
tcp-request connection silent-drop
tcp-request connection silent-drop foo
tcp-request connection set-mark 0x12
tcp-request connection set-mark abc
tcp-request connection set-mark
tcp-request connection set-tos 0x12
tcp-request content set-nice 5
tcp-request content set-nice 5000
tcp-request content set-log-level info
tcp-request content set-log-level silent
tcp-request content set-log-level foo
tcp-request content set-log-level
tcp-request content set-priority-class int(1)
tcp-request content set-priority-class
tcp-request content set-dst dst
tcp-request inspect-delay
tcp-request inspect-delay 5s
tcp-request inspect-delay 5x
tcp-request inspect-delay 5s foo
tcp-request inspect-delay 5s ;; tcp-request inspect-delay 6s
tcp-request content accept if { req.len gt 0 }
tcp-request content accept if { src 1.1.1.1 } ;; tcp-request connection reject
use_backend b if TRUE ;; tcp-request content accept ;; tcp-request connection accept ;; tcp-request session accept
tcp-request session accept ;; tcp-request connection accept
tcp-response content accept
tcp-response inspect-delay 5s
stick on src table st
use_backend %[src] if TRUE
use_backend %[srcc] if TRUE
use_backend b_%[src,lower]
use_backend b
use_backend b unless TRUE
use_backend %ci
use_backend %[req.len]
use_backend %[res.len]
log-format
log-format %ci %cp
log-format %ci\ %zz
log-format %{+Q}o\ %{-Q}ci\ %%
log-format %{+Z}ci
log-format %{+Qci
log-format %{+Q}
log-format %{Q}ci
log-format %
log-format a%
log-format "%{+Q,+E}o %[src]"
log-format %[src
log-format %[src,foo]
log-format %[srcc]
log-format %[]
log-format %{+X}[src]
log-format %[req.len]
log-format %[res.len]
log-format %ST\ %r\ %hr\ %tr
log-format %r
log-format %HM
log-format %tsc
log-format %sslv
log-format %hrl
log-format %tg
log-format %ID
log-format %[src,]
log-format "%[str(a b)]"
log-format "%[src ]"
log-format "%[srcc] foo"
log-format "%(x)ci"
log-format %ci%cp%ciX
log-format %ci ;; log-format %cp
log-format-sd %{+Q,+E}o\ [exampleSDID@1234\ header=%ci]
error-log-format %ci
error-log-format %zz
unique-id-format %{+X}o\ %ci:%cp
unique-id-format %zz
unique-id-format
unique-id-format a b
log-format-sd
error-log-format
error-log-format a b
log-format %{+Q}T foo
use_backend b if { res.len gt 0 }
use_backend b if { be_id 2 }
tcp-request content accept if { srv_id 2 }
tcp-request connection set-var(sess.x) fe_id
tcp-request connection track-sc0 be_id table st
log-format %[wait_end]
log-format %[payload(0,1)]
tcp-request connection reject if HTTP
tcp-request connection reject if REQ_CONTENT
use_backend b if { always_true } { always_false } !{ always_true }
use_backend b if
use_backend b if { }
use_backend b if { srcc }
use_backend b if { src }
use_backend b if { nbsrv(b) gt 1 } !{ nbsrv(b) }
use_backend b if {src 1.1.1.1}
tcp-request connection set-var(sess.x) src lower
tcp-request connection set-var(sess.x) src, lower
tcp-request connection set-var(sess.x) src ,lower
tcp-request connection set-var(sess.x) src,lower foo
tcp-request connection set-var(sess.x) src,field(1,.)
tcp-request connection set-var(sess.x) src,field(1)
tcp-request connection set-var(sess.x) src,field
tcp-request connection set-var(sess.x) src,word(1,.,0)
tcp-request connection set-var(sess.x) src,bytes
tcp-request connection set-var(sess.x) src,bytes(1,2)
tcp-request connection set-var(sess.x) src,bytes(1,2,3)
tcp-request connection set-var(sess.x) int(1),add(x)
tcp-request connection set-var(sess.x) int(1),add(sess.y)
tcp-request connection set-var(sess.x) int(1),add()
tcp-request connection set-var(sess.x) int(1),add
tcp-request connection set-var(sess.x) int(1),div(0)
tcp-request connection set-var(sess.x) int(1),even(1)
tcp-request connection set-var(sess.x) str(a),regsub(a(,b)
tcp-request connection set-var(sess.x) str(a),regsub(a[x,b,g)
tcp-request connection set-var(sess.x) str(a),regsub(a,b,x)
tcp-request connection set-var(sess.x) str(a),json(foo)
tcp-request connection set-var(sess.x) str(a),json
tcp-request connection set-var(sess.x) str(a),sha2(100)
tcp-request connection set-var(sess.x) str(a),sha2
tcp-request connection set-var(sess.x) str(a),digest(foo)
tcp-request connection set-var(sess.x) str(a),strcmp(x)
tcp-request connection set-var(sess.x) str(a),strcmp(txn.x)
tcp-request connection set-var(sess.x) str(a),concat(a,x,b)
tcp-request connection set-var(sess.x) str(a),concat(a,txn.x,b)
tcp-request connection set-var(sess.x) str(a),concat()
tcp-request connection set-var(sess.x) str(a),iif(a)
tcp-request connection set-var(sess.x) date,ltime()
tcp-request connection set-var(sess.x) date,ltime(%d,5)
tcp-request connection set-var(sess.x) date,http_date(5,ms)
tcp-request connection set-var(sess.x) date,http_date(5,xs)
tcp-request connection set-var(sess.x) str(a),be2dec(.)
tcp-request connection set-var(sess.x) str(a),be2dec(.,2,1)
tcp-request connection set-var(sess.x) str(a),be2dec(.,0)
tcp-request connection set-var(sess.x) str(a),be2hex()
tcp-request connection set-var(sess.x) str(a),be2hex(:,0)
tcp-request connection set-var(sess.x) str(a),set-var(x)
tcp-request connection set-var(sess.x) str(a),set-var(txn.x,ifset)
tcp-request connection set-var(sess.x) str(a),unset-var(txn.x)
tcp-request connection set-var(sess.x) str(a),set-var
tcp-request connection set-var(sess.x) str(a),ltrim()
tcp-request connection set-var(sess.x) str(a),url_dec(1)
tcp-request connection set-var(sess.x) str(a),url_enc(foo)
tcp-request connection set-var(sess.x) str(a),json_query(a)
tcp-request connection set-var(sess.x) str(a),json_query('$.a',int)
tcp-request connection set-var(sess.x) str(a),json_query('$.a',foo)
tcp-request connection set-var(sess.x) str(a),language(a)
tcp-request connection set-var(sess.x) str(a),crc32(1)
tcp-request connection set-var(sess.x) str(a),xxh32(5)
tcp-request connection set-var(sess.x) str(a),add_item(;,sess.y)
tcp-request connection set-var(sess.x) str(a),add_item(;)
tcp-request connection set-var(sess.x) str(a),nbsrv
tcp-request connection set-var(sess.x) str(a),hex2i,htonl,cpl
tcp-request connection set-var(sess.x) str(a),table_gpc(0,st)
tcp-request connection set-var(sess.x) str(a),table_gpc(st)
tcp-request connection set-var(sess.x) str(a),table_expire(st,5)
tcp-request connection set-var(sess.x) str(a),table_conn_rate(st),bytes(1)
tcp-request connection set-var(sess.x) str(a),xxh3
tcp-request connection set-var(sess.x) str(a),cut_crlf,host_only,port_only
tcp-request connection set-var(sess.x) ipv4(1.2.3)
tcp-request connection set-var(sess.x) ipv6(1.2.3.4)
tcp-request connection set-var(sess.x) bin(0)
tcp-request connection set-var(sess.x) bin(zz)
tcp-request connection set-var(sess.x) bool(2)
tcp-request connection set-var(sess.x) bool(maybe)
tcp-request connection set-var(sess.x) hostname(x)
tcp-request connection set-var(sess.x) thread,foo(1)
tcp-request connection set-var(proc.x) src
tcp-request connection set-var(txn.x) src
tcp-request connection set-var(req.x) src
tcp-request connection set-var(res.x) src
tcp-request connection set-var(check.x) src
tcp-request connection set-var(sess.x) src_conn_rate
tcp-request content set-var(sess.x) payload_lv(0,2,x)
tcp-request content set-var(sess.x) req_rdp_cookie(x)
tcp-request content set-var(sess.x) nbsrv(nope)
tcp-request content set-var(sess.x) src,table_conn_rate(nope)
use_backend %[nbsrv(nope)] if TRUE
log-format %[nbsrv(nope)]
tcp-request connection track-sc0 src,table_conn_rate(nope) table st
tcp-request content accept if { nbsrv(nope) gt 1 }
unique-id-format %[nbsrv(nope)]
tcp-request content set-var-fmt(txn.x) %[nbsrv(nope)]
tcp-request content capture nbsrv(nope) len 5
log-format-sd %[nbsrv(nope)]
tcp-request session set-var(txn.x) nbsrv(nope)
tcp-request content track-sc0 nbsrv(nope) table st
error-log-format %[nbsrv(nope)]
log-format "%[str('a b'),concat(c)]"
log-format '%[str("a]b")]'
log-format '%[ src ]'
log-format '%{+Q,-X,+E}o%{}ci'
log-format '%{+Q+X}ci'
log-format '%ci%%%cp'
log-format '%hr%hs%ID%o%H%'
log-format '%()ci'
log-format '%{+Q}%'
log-format '%{+Q}%%'
log-format '%{+Q}-'
log-format '%ci{x}'
log-format '%ci[src]'
log-format '% ci'
log-format '%cap_req'
use_backend b if TRUE }
use_backend b if { src 1.1.1.1 } }
use_backend b if || TRUE
use_backend b if TRUE ||
use_backend b if !!TRUE
tcp-request content accept if WAIT_END
tcp-request content track-sc0 src ;; tcp-request content track-sc1 src table f
tcp-request content track-sc0 bool(1) table st
tcp-request connection track-sc0 src table b
tcp-request content accept ;; use_backend b if foo bar
use_backend b if TRUE ;; acl x src 1.1.1.1
acl a be_conn(b) gt 100 ;; use_backend b if a
tcp-request content set-var(txn.sni) req.ssl_sni,lower
tcp-request content set-var(txn.a) req.ssl_sni,map(map.txt,b)
tcp-request content set-var(txn.a) req.ssl_sni,map(map.txt,b) if TRUE
tcp-request content set-var(txn.a) str("a b") unless FALSE
tcp-request content track-sc0 src,ipmask(24) table st if WAIT_END
tcp-request content track-sc0 dst_port table st
tcp-request content track-sc0 fc_src table st if TRUE
tcp-request content capture req.ssl_sni len 64 ;; log-format "%[capture.req.hdr(0)]"
tcp-request content reject if { src_conn_rate(st) gt 10 } or { sc0_conn_rate gt 5 }
tcp-request content accept if RDP_COOKIE
tcp-request content reject unless HTTP
tcp-request connection set-dst ipv4(1.1.1.1)
tcp-request connection set-dst-port int(80)
tcp-request content set-priority-offset int(5)
tcp-request connection set-tos 0xGG
tcp-request connection silent-drop if LOCALHOST
tcp-request session track-sc1 src table st
tcp-request session set-var(sess.a) src,lower
tcp-request content reject if { req.len lt 0 }
tcp-request inspect-delay 0
tcp-request inspect-delay 10
tcp-request inspect-delay 1d
tcp-request inspect-delay 100d
use_backend b if { req.ssl_sni -m found } ;; use_backend st
use_backend %[req.ssl_sni,lower] if { req.ssl_sni -m found }
use_backend b_%[src_port,mod(2)]
use_backend %[var(txn.be)]
unique-id-format %{+X}o\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
log-format "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq"
log-format "%{+Q}[req.ssl_sni]"
log-format "%[src,ipmask(24)]:%[src_port] %[var(txn.sni)] %[bc_src] %[srv_name] %[be_name]"
log-format '{"ip":"%ci","t":"%Tt"}'
log-format '%{+E}o{"a":"%[var(txn.a)]"}'
use_backend b if a
use_backend b if { src 1.1.1.1 } or { dst 2.2.2.2 } !{ src_port lt 5 }
use_backend b if { { src 1.1.1.1 } }
use_backend b if }
use_backend b if {}
use_backend b if { src 1.1.1.1}
use_backend b unless
use_backend b unless !TRUE
use_backend b IF TRUE
use_backend "b" if TRUE
use_backend %
use_backend %[src
use_backend %[src]x if TRUE foo
use_backend a%%b
tcp-request content accept unless
tcp-request content accept unless TRUE
tcp-request content reject if {
tcp-request content set-var(txn.a) src unless { src_port 5 } || TRUE
tcp-request content set-var(txn.a,) src
tcp-request content set-var() src
tcp-request content set-var(txn.a)x src
tcp-request content set-var(txn.) src
tcp-request content unset-var()
tcp-request content unset-var(a)
tcp-request content set-var-fmt(txn.a) a b
tcp-request content set-var-fmt(txn.a) "%[req.len] x" if TRUE
tcp-request content set-var-fmt(txn.a) %[res.len]
tcp-request content track-sc2 src,lower,foo table st
tcp-request content track-sc0 src table st foo
tcp-request content track-sc0 src,lower table st
tcp-request content track-sc9 src
tcp-request content track-scx src
tcp-request content sc-inc-gpc(0,3)
tcp-request content sc-inc-gpc(x,0)
tcp-request content sc-inc-gpc0(0
tcp-request content sc-set-gpt0(5) 1
tcp-request content sc-set-gpt0(0) 1 foo
tcp-request content sc-set-gpt(0) 1
tcp-request content capture srcc len 5
tcp-request content capture src len 0
tcp-request content capture src len 5 foo
tcp-request content capture res.len len 5
tcp-request content set-src req.len
tcp-request content set-src res.len
tcp-request content set-src srcc
tcp-request content set-mark 5 if TRUE
tcp-request content set-mark 5x
tcp-request content set-tos
tcp-request content set-nice
tcp-request content set-priority-class src if TRUE
tcp-request content set-log-level info foo
tcp-request content accept accept
tcp-request session track-sc0 req.len table st
tcp-request session capture src len 5
log-format "%[srv_id] %[be_id] %[fe_id] %[bc_src]"
log-format "%[capture.req.hdr(0)]"
log-format %{+Q}[srcc]
log-format "%[src,lower]%"
log-format "%{+Q} ci"
log-format "%{-Q}o"
log-format "%{+Q}ci%{-Q}ci%o"
log-format "%ci %[req.proto_http]"
log-format "%[var(x)]"
log-format "%[var(txn.x)] %[str(%)]"
log-format "%ci\ttab"
log-format "%%%%"
log-format "%%%"
error-log-format "%[src] %[fe_name]"
unique-id-format %[srcc]
unique-id-format %[src]
unique-id-format %[res.len]
`);

/** Those of a backend with a server s1. */
export const BACKEND_LINES: readonly string[] = linesOf(`
tcp-request content accept ;; tcp-request content accept
tcp-response content close
tcp-response inspect-delay
tcp-response content reject if { req.len gt 0 }
use_backend st if TRUE
stick-table
stick-table type
stick-table type foo size 1k
stick-table type ip
stick-table type ip size
stick-table type ip size x
stick-table size 1k
stick-table type ip size 1k expire
stick-table type ip size 1k expire 5x
stick-table type ip size 1k store foo
stick-table type ip size 1k store
stick-table type ip size 1k store conn_rate
stick-table type ip size 1k store conn_rate(
stick-table type ip size 1k store conn_rate(5x)
stick-table type ip size 1k store conn_rate(5s),conn_cnt store gpc0
stick-table type ip size 1k store conn_cnt,conn_cnt
stick-table type ip size 1k store conn_cnt(5)
stick-table type ip size 1k store gpt(3),gpc(2),gpc_rate(2,10s)
stick-table type ip size 1k store gpt
stick-table type ip size 1k store gpt(200)
stick-table type ip size 1k store gpt(3),gpt0
stick-table type ip size 1k store gpc(3),gpc0
stick-table type ip size 1k store gpc_rate(3)
stick-table type ip size 1k peers
stick-table type ip size 1k srvkey name
stick-table type ip size 1k srvkey foo
stick-table type ip size 1k write-to st
stick-table type ip size 1k nopurge foo
stick-table type ip size 1k ;; stick-table type ip size 2k
stick-table type string len 10 size 1k
stick-table type string len 0 size 1k
stick-table type string len x size 1k
stick-table type string len
stick-table type ip len 10 size 1k
stick-table type binary size 10m
stick-table type ip size 5g
stick-table type ip size 5000000000
stick-table type integer size 1k nopurge
stick-table type ip size 0
stick-table type ip size 1k store foo,conn_cnt
stick-table type ip size 1k store conn_cnt,
stick-table type ip size 1k store bytes_in_rate(1d)
stick-table type ip size 1k store server_key,server_name,http_fail_cnt
stick-table type ip size 1k store gpc(0)
stick-table type ip size 1k store gpc(x)
stick-table type ip size 1k store gpc_rate(2,5x)
stick-table type ip size 1k expire 0
stick-table type ip size 1k expire 30d
stick-table type ip size 1kk
stick-table type ip size 1m size 2k
stick-table type ipv4 size 1k
stick-table type string len 5k size 1k
stick-table type binary len 32 size 100k expire 30m nopurge store gpt0
stick on
stick on src
stick on src table st
stick on src table nope
stick on src foo
stick on src if foo
stick on srcc
stick on src table st if TRUE
stick match src table st ;; stick store-request src table st ;; stick store-response src table st ;; stick store src
stick store-response req.len table st
stick on str(x) table st
stick on bool(1) table st
stick on src,lower table st
stick on src lower table st
use-server s1 if TRUE
use-server
use-server s1
use-server s1 foo
use-server nope if TRUE
use-server s1 if foo
use-server %[src] if TRUE
use-server %[srcc] if TRUE
log-format %ci
use-server s1 if { res.len gt 0 }
use-server s1 if REQ_CONTENT
stick on src table st if { res.len gt 0 }
stick store-response src table st if { req.len gt 0 }
acl a srv_is_up(s1)
acl a srv_is_up
acl a srv_is_up(b/)
acl a fe_conn gt 1
use-server %[nbsrv(nope)] if TRUE
stick on src,table_conn_rate(nope) table st
stick on src_conn_rate(nope) table st
stick store-response nbsrv(nope) table st
tcp-response content set-var(txn.x) nbsrv(nope)
tcp-request content track-sc0 src table st
tcp-request content capture src len 10
stick on src,table_conn_rate(st) table st
stick on src,ipmask(24) table st
stick-table type integer size 1k ;; stick on ipv6(::1)
stick-table type integer size 1k ;; stick on src
stick-table type integer size 1k ;; stick on req.payload(0,4)
stick-table type string size 1k ;; stick on req.rdp_cookie(mstshash)
stick-table type binary size 1k ;; stick on req.payload_lv(43,1) ;; stick store-response res.payload_lv(43,1)
stick-table type ip size 1k ;; stick on req.payload(0,4)
stick-table type ipv6 size 1k ;; stick on src
stick-table type ip size 1k ;; stick on bool(1)
stick-table type ip size 1k ;; stick on int(1)
stick-table type ip size 1k ;; stick on var(sess.x)
stick-table type binary size 1k ;; stick on int(1)
use-server s1 if TRUE ;; tcp-request content accept ;; tcp-response content accept ;; stick on src table st
tcp-response content accept if { res.len gt 0 }
tcp-response content set-log-level silent if { res.payload(0,1) -m bin 15 }
tcp-response content sc-inc-gpc0(0)
tcp-response content silent-drop
stick-table type ip size 200k expire 30m store conn_cur,conn_rate(3s),bytes_out_rate(1m),http_req_rate(10s) ;; stick on src
stick-table type string len 32 size 1m expire 1h ;; stick on req.rdp_cookie(mstshash)
stick-table type binary len 32 size 30k expire 30m ;; acl clienthello req.ssl_hello_type 1 ;; acl serverhello rep_ssl_hello_type 2 ;; tcp-request inspect-delay 5s ;; tcp-request content accept if clienthello ;; tcp-response content accept if serverhello ;; stick on payload_lv(43,1) if clienthello ;; stick store-response payload_lv(43,1) if serverhello
stick on dst table st
stick match src,ipmask(16) table st if { src 10.0.0.0/8 }
stick store-request src table st unless FALSE
stick on rdp_cookie(mstshash) table st
stick-table type ip size 1k expire 10 store conn_cnt,sess_cnt,sess_rate(1s),bytes_in_cnt,bytes_in_rate(1s),gpc1,gpc1_rate(1s),gpt0
use-server s1 if { src 1.1.1.1 } { req.ssl_sni -i a.b }
use-server s1 unless { nbsrv gt 1 }
stick on src,foo
stick on src table st table st
stick on src if TRUE table st
stick match srcc
stick store
stick store-response
stick store-response res.len table st
stick store-response src table nope if FALSE
stick on req.len table st if foo
stick-table type ip type ipv6 size 1k
stick-table foo
stick-table type ip size 1k size
stick-table type ip size 1k store gpc0,foo
stick-table type ip size 1k store conn_rate()
stick-table type ip size 1k store conn_rate(1)
stick-table type ip size 1k store gpc_rate(0,1s)
stick-table type ip size 1k store gpc_rate(2,1s),gpc0_rate(1s)
stick-table type ip size 1k store gpt(2) store gpt(3)
stick-table type ip size 1k expire x
stick-table type string len 10 len 20 size 1k
stick-table type ip size -1
stick-table type ip size 1M
stick-table type ip size 1k nopurge nopurge
use-server s1 if
use-server s1 if { foo }
use-server s1 unless TRUE
use-server %[res.len] if TRUE
tcp-request content set-var(txn.a) be_id
tcp-request content capture src len 5
tcp-response content set-var(txn.a) srv_id
tcp-response content set-var(txn.a) fe_id
tcp-response content accept if { srv_id 1 }
tcp-response content accept foo
tcp-response content reject if foo
tcp-response inspect-delay x
`);

/** Those of a listen with a server s1. */
export const LISTEN_LINES: readonly string[] = linesOf(`
tcp-request content accept if { be_id 2 }
use_backend b if { be_id 2 }
tcp-request content accept if { be_id 2 } ;; tcp-response content accept ;; tcp-request connection accept ;; use_backend b ;; use-server s1 if TRUE
stick-table type ip size 1k ;; tcp-request content track-sc0 src ;; stick on src ;; stick store-response src
stick on src ;; stick-table type ip size 1k
use-server s1 if TRUE ;; use_backend b if TRUE
tcp-request content capture src len 5
acl a be_conn gt 5 ;; acl b fe_conn gt 5 ;; acl c nbsrv lt 1 ;; acl d srv_is_up(s1) ;; acl e src_conn_rate gt 5
`);
