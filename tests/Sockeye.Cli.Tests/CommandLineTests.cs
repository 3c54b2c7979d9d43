using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class CommandLineTests
{
    private const string Forms = "7000 (localhost), *:7000 (every address), 127.0.0.1:7000, [::1]:7000, host:7000 or unix:/path";

    [Fact]
    public async Task Unknown_option_is_named()
    {
        var result = await ToolProcess.RunAsync(["listen", "7000", "--ehco"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(
            ["sockeye: --ehco is not an option of this command.", "Did you mean --echo?", "Help: sockeye listen --help"],
            result.Errors);
    }

    [Theory]
    [InlineData("abc", "\"abc\" is not a port")]
    [InlineData("70000", "a port is at most 65535")]
    [InlineData("host:", "the port is missing")]
    [InlineData("::1:7000", "an IPv6 address stands in brackets")]
    [InlineData("[::1:7000", "an IPv6 address stands in brackets")]
    [InlineData("no spaces:7000", "\"no spaces\" is neither a host name nor an address")]
    [InlineData("127.1:7000", "\"127.1\" is not an IPv4 address, which has four numbers from 0 to 255 without leading zeros")]
    [InlineData("0x7f.1:7000", "\"0x7f.1\" is not an IPv4 address, which has four numbers from 0 to 255 without leading zeros")]
    [InlineData("[127.0.0.1]:7000", "only an IPv6 address stands in brackets, and \"127.0.0.1\" is none")]
    [InlineData("[fe80::1%nosuch]:7000", "\"nosuch\" of \"fe80::1%nosuch\" is not a network interface of this machine")]
    [InlineData("a..b:7000", "\"a..b\" has an empty part between its dots")]
    [InlineData("unix:", "the path is missing")]
    [InlineData("unix:@", "the name is missing")]
    [InlineData("unix:/tmp/", "the path ends in a slash, as that of a directory does")]
    [InlineData("-1", "\"-1\" is not a port")]
    public async Task Bad_endpoint_is_named_with_the_forms_that_are_accepted(string endpoint, string why)
    {
        string[][] uses = [["listen", "--", endpoint], ["connect", "--", endpoint], ["connect", "7000", "--local=" + endpoint]];
        foreach (var arguments in uses)
        {
            var result = await ToolProcess.RunAsync(arguments);

            Assert.Equal(2, result.ExitCode);
            Assert.Equal($"sockeye: \"{endpoint}\" is not an endpoint: {why}. Write it as {Forms}.", result.Errors[0]);
            Assert.Empty(result.Output);
        }
    }

    [Theory]
    [InlineData("listen", "required argument missing")]
    [InlineData("listen 7000 --echo --chat", "--echo and --chat exclude each other")]
    [InlineData("listen 7000 --idle-timeout soon", "\"soon\" is not a time from 1ms to 24h")]
    [InlineData("listen 7000 --keep-alive 10ms", "--keep-alive: \"10ms\" is not a time from 1s to 9h.")]
    [InlineData("connect 7000 --keep-alive 10h", "--keep-alive: \"10h\" is not a time from 1s to 9h.")]
    [InlineData("listen 7000 --user-timeout never", "--user-timeout: \"never\" is not a time from 1ms to 24h")]
    [InlineData("listen 7000 --backlog 0", "--backlog: \"0\" is not a whole number from 1")]
    [InlineData("listen 7000 --engine iouring", "\"iouring\" is not an engine. Write auto, io_uring, epoll or sockets.")]
    [InlineData("connect 7000 --engine fast", "\"fast\" is not an engine")]
    [InlineData("doctor now", "now")]
    [InlineData("listen 7000 7000", "localhost:7000 and localhost:7000 are the same port")]
    [InlineData("connect *:7000", "*:7000 means every address of this machine, which only listen can use")]
    [InlineData("connect 0", "localhost:0 has port 0, which only listen can use")]
    [InlineData("connect 224.0.0.1:7000", "cannot connect to 224.0.0.1:7000: it is a multicast address")]
    [InlineData("connect [ff02::1]:7000", "cannot connect to [ff02::1]:7000: it is a multicast address")]
    [InlineData("connect [::ffff:255.255.255.255]:7000", "255.255.255.255:7000: it is the broadcast address")]
    [InlineData("connect 7000 --local 224.0.0.1:0", "cannot connect from 224.0.0.1:0: it is a multicast address")]
    [InlineData("listen 7000 --deny 012.0.0.0/8", "\"012.0.0.0/8\" is not a network. Write 10.0.0.0/8")]
    [InlineData("listen 7000 --deny 0x7f.0.0.0/8", "\"0x7f.0.0.0/8\" is not a network. Write 10.0.0.0/8")]
    [InlineData("connect 7000 -n none", "-n: \"none\" is not a whole number from 1 to 65535")]
    [InlineData("connect 7000 --local unix:/x", "the connecting end of a Unix socket has no address to choose")]
    [InlineData("connect unix:/x --local 7000", "--local localhost:7000 has no meaning with unix:/x")]
    [InlineData("listen 7000 --tls", "--tls needs a certificate: add --cert FILE, or make one with --tls self-signed.")]
    [InlineData("listen --tls 7443", "--tls 7443: only \"self-signed\" may follow --tls; endpoints come before the options.")]
    [InlineData("listen 7000 --tls self-signed --cert x.pem", "--tls self-signed and --cert exclude each other")]
    [InlineData("listen 7000 --cert x.pem --key a --key b", "there are more --key than --cert")]
    [InlineData("listen 7000 --require-client-cert", "--require-client-cert needs TLS")]
    [InlineData("listen 7000 --tls self-signed --ca x.pem", "add --require-client-cert")]
    [InlineData("listen 7000 --deny 10.1.2.3/8", "has bits beyond its prefix. Write 10.0.0.0/8, or 10.1.2.3 for")]
    [InlineData("listen 7000 --allow 10.0.0.0/33", "its prefix is a number from 0 to 32")]
    [InlineData("listen 7000 --proxy-protocol nowhere", "--proxy-protocol: \"nowhere\" is not a network. Write 10.0.0.0/8")]
    [InlineData("listen 7000 --accept-rate fast", "--accept-rate: \"fast\" is not a rate of connections")]
    [InlineData("listen 7000 --rate 0", "--rate: \"0\" is not a rate from 1 byte")]
    [InlineData("listen unix:/tmp/sockeye-cli-test --max-per-address 5", "--max-per-address has nothing to go by on")]
    [InlineData("connect 7000 --ca x.pem", "--ca needs TLS: add --tls.")]
    [InlineData("connect 7000 --tls --key x.key", "--key is the key of a certificate: add --cert FILE.")]
    [InlineData("connect 7000 --pin AB --insecure", "--insecure and --pin exclude each other")]
    [InlineData("connect 7000 --pin AB", "--pin AB: a SHA-256 fingerprint is 32 bytes in hex")]
    [InlineData("connect 7000 --send-proxy v3", "--send-proxy: \"v3\" is not a version. Write v1 or v2.")]
    [InlineData("connect 7000 --tls --alpn h2,,x", "is not a list of protocols. Write it as h2,http/1.1.")]
    [InlineData("demo --clients 0", "--clients: \"0\" is not a whole number from 1")]
    [InlineData("bench", "required argument missing")]
    [InlineData("bench 7000 --rate fast", "--rate: \"fast\" is not a rate")]
    [InlineData("bench 7000 --burst 2", "--burst is about the plan of an open loop: add --rate RATE.")]
    [InlineData("bench 7000 --codec xml", "--codec: \"xml\" is not a codec. Write lines, ")]
    [InlineData("bench 7000 --answer frame", "--answer frame means a frame of --codec")]
    [InlineData("bench 7000 --send x --size 5", "--send and --size exclude each other")]
    [InlineData("bench 7000 --send-json x", "--send-json: the text is not JSON")]
    [InlineData("bench 7000 --match id=", "--match needs answers that are frames")]
    [InlineData("bench 7000 --fail-if p99", "--fail-if: \"p99\" is not a condition")]
    [InlineData("bench 7000 --find rate>5", "--find: \"rate>5\" does not bound a latency from above")]
    [InlineData("bench 7000 --find p99<5ms --rate 5", "--find and --rate exclude each other")]
    [InlineData("bench 7000 --source nowhere", "--source: \"nowhere\" is not an address")]
    [InlineData("bench 7000 --no-resumption", "--no-resumption needs TLS: add --tls.")]
    [InlineData("bench *:7000", "*:7000 means every address of this machine")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("", "sockeye listen 7000 --echo")]
    [InlineData("lisen 7000", "\"lisen\" is not a command. Did you mean \"listen\"?")]
    [InlineData("help conect", "\"conect\" is not a command. Did you mean \"connect\"?")]
    [InlineData("listen 7000 --ehco", "Did you mean --echo?")]
    [InlineData("connect 7000 --snd-only", "Did you mean --send-only?")]
    [InlineData("connect 7000 --insecur", "Did you mean --insecure?")]
    [InlineData("listen 7000 --echo --send-only", "--send-only has no meaning with --echo")]
    [InlineData("connect 7000 --recv-only --crlf", "so --crlf has no meaning")]
    [InlineData("connect 7000 -4 -6", "-4 and -6 exclude each other")]
    [InlineData("connect [::1]:7000 -4", "-4 does not fit [::1]:7000, an address of the other family")]
    [InlineData("listen 127.0.0.1:7000 -6", "-6 does not fit 127.0.0.1:7000, an address of the other family")]
    [InlineData("connect host 20-25", "several ports need -z")]
    [InlineData("connect host 25-20", "\"25-20\" of \"host:25-20\" is not a range of ports")]
    [InlineData("connect 7000 -v", "-v says what happened at each port of -z")]
    [InlineData("connect 7000 -z --crlf", "--crlf has no meaning with -z")]
    [InlineData("connect host 20-25 -z --retry", "--retry has no meaning with several ports")]
    [InlineData("connect 7000 -n 3 --local 127.0.0.1:65534", "needs the ports 65534 to 65536")]
    [InlineData("connect 7000 --proxy ftp://x", "\"ftp://x\" is not a proxy. Write it as socks5://host:1080")]
    [InlineData("connect 7000 --proxy http://u:p@x:1", "a password on the command line is visible to other users")]
    [InlineData("connect 7000 --proxy-auth x", "--proxy-auth is for a proxy")]
    [InlineData("connect 7000 --proxy http://x:1 --send-proxy v1", "--send-proxy and --proxy exclude each other")]
    [InlineData("connect unix:/x --proxy http://x:1", "--proxy has no meaning with unix:/x")]
    [InlineData("listen 7000 --to-tls", "--to-tls is about the server that clients are relayed to: add --to ENDPOINT.")]
    [InlineData("listen 7000 --to *:7001", "--to: *:7001 means every address of this machine")]
    [InlineData("listen 7000 --to 7001 --to-ca x", "--to-ca needs TLS: add --to-tls.")]
    [InlineData("listen 7000 --exec wc|cat", "--exec wc|cat: \"|\" has a meaning for a shell only. Write --sh-exec")]
    [InlineData("listen 7000 --exec 'wc", "the quote ' does not end")]
    public async Task Wrong_use_exits_2_with_a_sentence(string arguments, string sentence)
    {
        var result = await ToolProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(sentence, StringComparison.Ordinal));
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("--help", "sockeye listen 7000 --echo")]
    [InlineData("listen --help", "--idle-timeout <time>")]
    [InlineData("connect --help", "echo hello | sockeye connect 7000")]
    [InlineData("help listen", "--idle-timeout <time>")]
    [InlineData("help", "sockeye listen 7000 --echo")]
    [InlineData("demo --help", "sockeye demo --json")]
    [InlineData("bench --help", "sockeye bench 7000 -c 100 --rate 5k --duration 30s")]
    [InlineData("doctor --help", "sockeye doctor --json")]
    public async Task Help_shows_options_and_examples(string arguments, string text)
    {
        var result = await ToolProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(text, result.Text, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task Version_is_a_number()
    {
        var result = await ToolProcess.RunAsync(["--version"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\s*$", result.Text);
    }
}
