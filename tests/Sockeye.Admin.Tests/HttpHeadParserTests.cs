using System.Buffers;
using System.Text;

namespace Sockeye.Admin.Tests;

public sealed class HttpHeadParserTests
{
    private const string Host = "Host: localhost:7001\r\n";

    [Fact]
    public void Request_is_taken_from_the_buffer_and_what_follows_stays()
    {
        var buffer = Bytes($"GET /api/connections?q=a%20b HTTP/1.1\r\n{Host}X-Empty:\r\nX-Trimmed: \t a b\t\r\n\r\nGET");

        Assert.True(HttpHeadParser.TryParse(ref buffer, out var request));

        Assert.Equal(("GET", "/api/connections", "q=a%20b"), (request.Method, request.Path, request.Query));
        Assert.Equal("localhost:7001", request.Host);
        Assert.True(request.TryGet("x-empty", out var empty) && empty.Length == 0);
        Assert.True(request.TryGet("x-trimmed", out var trimmed) && trimmed == "a b");
        Assert.Equal("GET", Encoding.ASCII.GetString(buffer));
    }

    [Fact]
    public void Head_that_has_not_come_whole_leaves_the_buffer_as_it_is()
    {
        var whole = $"GET / HTTP/1.1\r\n{Host}\r\n";
        for (var length = 0; length < whole.Length; length++)
        {
            var buffer = Bytes(whole[..length]);
            Assert.False(HttpHeadParser.TryParse(ref buffer, out _));
            Assert.Equal(length, buffer.Length);
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("Connection: keep-alive\r\n", true)]
    [InlineData("Connection: Close\r\n", false)]
    [InlineData("Connection: keep-alive, close\r\n", false)]
    public void Connection_stays_unless_the_client_says_close(string header, bool expected)
    {
        var buffer = Bytes($"GET / HTTP/1.1\r\n{Host}{header}\r\n");
        Assert.True(HttpHeadParser.TryParse(ref buffer, out var request));
        Assert.Equal(expected, request.KeepsAlive);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\nHost: a\n\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\r\nHost: a\r\n\r\n", 400)]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    [InlineData("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / http/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 421)]
    [InlineData("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://:80/x HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET http://a/ HTTP/1.1\r\n\r\n", 400)]
    [InlineData("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501)]
    [InlineData("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n folded\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400)]
    [InlineData("GET / FTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 417)]
    public void What_two_programs_could_read_in_two_ways_is_refused_and_ends_the_connection(string text, int status)
    {
        var buffer = Bytes(text);
        var refusal = Assert.Throws<HttpRefusal>(() => HttpHeadParser.TryParse(ref buffer, out _));
        Assert.Equal(status, refusal.Status);
        Assert.True(refusal.EndsConnection);
    }

    [Theory]
    [InlineData("\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("\r\n\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET HTTP://a/x HTTP/1.1\r\nHost: other\r\n\r\n")]
    [InlineData("GET http://a/x HTTP/1.0\r\n\r\n")]
    [InlineData("GET /%78 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /x HTTP/1.2\r\nHost: a\r\n\r\n")]
    [InlineData("GET /x HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nhOST:a\r\nVia: 1.1 b\r\nVia: 1.1 c\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nHost:\t a \t\r\nX: \u00e9\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")]
    public void What_the_rfcs_require_a_server_to_accept_is_accepted_whole_and_however_it_is_cut(string text)
    {
        for (var length = 0; length < text.Length; length++)
        {
            var part = Bytes(text[..length]);
            Assert.False(HttpHeadParser.TryParse(ref part, out _));
            Assert.Equal(length, part.Length);
        }

        var buffer = Bytes(text);
        Assert.True(HttpHeadParser.TryParse(ref buffer, out var request));
        Assert.Equal(("GET", "/x", "a"), (request.Method, request.Path, request.Host));
        Assert.True(buffer.IsEmpty);
    }

    [Theory]
    [InlineData("http://a", "/", "")]
    [InlineData("http://a?b=c", "/", "b=c")]
    [InlineData("http://[::1]:7001/x?b=c", "/x", "b=c")]
    [InlineData("/%2Fx%2e%7E%zz%4", "/%2Fx.~%zz%4", "")]
    [InlineData("/?%41", "/", "%41")]
    public void Target_is_taken_apart(string target, string path, string query)
    {
        var buffer = Bytes($"GET {target} HTTP/1.1\r\n{Host}\r\n");
        Assert.True(HttpHeadParser.TryParse(ref buffer, out var request));
        Assert.Equal((path, query), (request.Path, request.Query));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("Connection: keep-alive\r\n", true)]
    [InlineData("Connection: Keep-Alive, TE\r\n", true)]
    [InlineData("Connection: keep-alive, close\r\n", false)]
    public void Connection_of_http_1_0_stays_only_when_the_client_says_so(string header, bool expected)
    {
        var buffer = Bytes($"GET / HTTP/1.0\r\n{header}\r\n");
        Assert.True(HttpHeadParser.TryParse(ref buffer, out var request));
        Assert.Equal((expected, null), (request.KeepsAlive, request.Host));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: a", "LF alone")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\nX", "LF alone")]
    public void Line_feed_alone_is_refused_before_the_head_is_whole(string text, string message)
    {
        var buffer = Bytes(text);
        Assert.Contains(
            message, Assert.Throws<HttpRefusal>(() => HttpHeadParser.TryParse(ref buffer, out _)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Request_line_that_does_not_end_within_8_KiB_is_too_long()
    {
        var buffer = Bytes($"GET /{new string('x', HttpHeadParser.MaxHead)}");
        Assert.Equal(414, Assert.Throws<HttpRefusal>(() => HttpHeadParser.TryParse(ref buffer, out _)).Status);
    }

    [Fact]
    public void Head_of_8_KiB_is_taken_and_one_byte_more_is_refused()
    {
        var start = $"GET / HTTP/1.1\r\n{Host}X: ";
        var longest = start + new string('x', HttpHeadParser.MaxHead - start.Length - 4) + "\r\n\r\n";
        var buffer = Bytes(longest);
        Assert.True(HttpHeadParser.TryParse(ref buffer, out _));

        buffer = Bytes(longest.Replace("X: ", "X: x", StringComparison.Ordinal));
        Assert.Equal(431, Assert.Throws<HttpRefusal>(() => HttpHeadParser.TryParse(ref buffer, out _)).Status);
    }

    [Fact]
    public void More_than_64_headers_are_refused()
    {
        string Headers(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"X{i}: 1\r\n"));
        var buffer = Bytes($"GET / HTTP/1.1\r\n{Host}{Headers(63)}\r\n");
        Assert.True(HttpHeadParser.TryParse(ref buffer, out _));

        buffer = Bytes($"GET / HTTP/1.1\r\n{Host}{Headers(64)}\r\n");
        Assert.Equal(431, Assert.Throws<HttpRefusal>(() => HttpHeadParser.TryParse(ref buffer, out _)).Status);
    }

    [Theory]
    [InlineData("q=a%20b+c&x=%C3%A9", "a b c|é")]
    [InlineData("q=&x=", "|")]
    public void Query_is_decoded(string query, string expected)
    {
        var arguments = new HttpRequest("GET", "/", query, new Dictionary<string, string>(), 0).ReadQuery();
        Assert.Equal(expected, $"{arguments["q"]}|{arguments["x"]}");
    }

    [Theory]
    [InlineData("q")]
    [InlineData("=a")]
    [InlineData("q=a&q=b")]
    [InlineData("q=%")]
    [InlineData("q=%2")]
    [InlineData("q=%zz")]
    [InlineData("q=%C3")]
    public void Query_that_is_malformed_is_refused(string query) => Assert.Equal(400, Assert.Throws<HttpRefusal>(
        () => new HttpRequest("GET", "/", query, new Dictionary<string, string>(), 0).ReadQuery()).Status);

    private static ReadOnlySequence<byte> Bytes(string text) => new(Encoding.Latin1.GetBytes(text));
}
