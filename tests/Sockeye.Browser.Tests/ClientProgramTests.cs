using System.Text.Json;
using System.Text.RegularExpressions;
using Sockeye.Browser.Tests.Support;

namespace Sockeye.Browser.Tests;

/// <summary>Other people's clients against samples/web.cs, on every engine; none may see a request fail.</summary>
public sealed partial class ClientProgramTests(TestPrograms programs)
{
    private const long Gigabyte = 1_000_000_000;

    /// <summary>What one transfer may add to the server's peak: buffers and garbage, not the body.</summary>
    private const long MaxGrowth = 150_000_000;

    private static readonly Lazy<string> Sha256OfGigabyte = new(() => Pattern.Sha256(Gigabyte));

    public static TheoryData<string> Engines => [.. Sites.Engines];

    [Theory, ClassData<EachProtocol>]
    public async Task Curl_downloads_a_gigabyte_and_uploads_it_again_in_little_memory(string engine, string protocol, bool tls)
    {
        Programs.SkipUnlessThere("curl", "curl");
        var site = await programs.Sites.GetAsync(engine);
        var before = OperatingSystem.IsLinux() ? site.PeakMemory : 0;
        var option = protocol == "HTTP/1.1" ? "--http1.1" : tls ? "--http2" : "--http2-prior-knowledge";

        var (length, sha256) = await ThereAndBackAsync(site.Of(protocol, tls), Gigabyte, option);

        Assert.Equal(Gigabyte, length);
        Assert.Equal(Sha256OfGigabyte.Value, sha256);
        // The kernel counts the peak by threads, and may report some pages less than before: that is not growth either.
        if (OperatingSystem.IsLinux())
            Assert.InRange(Math.Max(site.PeakMemory, before) - before, 0, MaxGrowth);
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task Too_long_a_body_is_refused_with_its_status(string engine)
    {
        Programs.SkipUnlessThere("curl", "curl");
        var site = await programs.Sites.GetAsync(engine);
        var status = await Programs.RunAsync(
            "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "30",
            "--header", "Content-Length: 99999999999", "--request", "POST", new Uri(site.Http, "/upload").ToString());
        Assert.Equal("413", status);
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task Wrk_sees_no_failed_request(string engine)
    {
        Programs.SkipUnlessThere("wrk", "wrk");
        var site = await programs.Sites.GetAsync(engine);
        foreach (var address in (Uri[])[site.Http, site.Https])
        {
            var answered = false;
            for (var seconds = 1; !answered; seconds *= 2)
            {
                // A second is enough, unless the machine is so busy that not one handshake ends in it.
                Assert.True(seconds <= 16, $"wrk got no answer from {address}.");
                var report = await Programs.RunAsync(
                    "wrk", "-t1", "-c16", $"-d{seconds}s", "--timeout=20s", new Uri(address, "/site.css").ToString());
                Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
                Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
                answered = Answered().IsMatch(report);
            }
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task H2load_sees_no_failed_request(string engine)
    {
        const int Requests = 3000;
        Programs.SkipUnlessThere("h2load", "nghttp2-client");
        var site = await programs.Sites.GetAsync(engine);
        foreach (var address in (Uri[])[site.H2c, site.Https])
        {
            var report = await Programs.RunAsync(
                "h2load", $"-n{Requests}", "-c8", "-m20", "-T10", new Uri(address, "/site.css").ToString());
            var counted = Counts().Match(report);
            Assert.True(counted.Success, report);
            Assert.Equal($"{Requests} succeeded, 0 failed, 0 errored, 0 timeout", counted.Groups["counts"].Value);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task Nghttp_gets_the_page_and_its_files_on_one_connection(string engine)
    {
        Programs.SkipUnlessThere("nghttp", "nghttp2-client");
        var site = await programs.Sites.GetAsync(engine);
        foreach (var address in (Uri[])[site.H2c, site.Https])
        {
            var report = await Programs.RunAsync("nghttp", "-ans", "-t10", address.ToString());
            foreach (var file in (string[])["/", "/site.css", "/site.js"])
                Assert.Matches($@" 200 +\S+ {Regex.Escape(file)}\n", report);
        }
    }

    /// <summary>Downloads into a pipe, and uploads from it at the same time.</summary>
    private static async Task<(long Length, string Sha256)> ThereAndBackAsync(Uri site, long length, string option)
    {
        const string Curl = "curl --silent --show-error --fail --insecure --max-time 110";
        var answer = await Programs.RunAsync(
            "bash", "-c", $"set -o pipefail; {Curl} {option} \"$0download?bytes={length}\" | {Curl} {option} -T - \"$0upload\"",
            site.ToString());
        using var json = JsonDocument.Parse(answer);
        return (json.RootElement.GetProperty("bytes").GetInt64(), json.RootElement.GetProperty("sha256").GetString()!);
    }

    [GeneratedRegex(@"\b[1-9]\d* requests in")]
    private static partial Regex Answered();

    [GeneratedRegex(@"\d+ done, (?<counts>\d+ succeeded, \d+ failed, \d+ errored, \d+ timeout)")]
    private static partial Regex Counts();
}
