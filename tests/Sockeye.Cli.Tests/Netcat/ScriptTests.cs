using System.Text.RegularExpressions;

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>Each script of docs/scripts.md prints what the document says.</summary>
public sealed partial class ScriptTests
{
    // The servers that a script expects to be there, by its heading.
    private static readonly Dictionary<string, string> Servers = new()
    {
        ["Health check"] = "sockeye listen 127.0.0.1 7000 --echo",
        ["Send and print the answer"] = "sockeye listen 127.0.0.1 7000 --echo",
        ["Days until a certificate expires"] = "sockeye listen 127.0.0.1 7000 --echo --cert cert.pem --key key.pem",
        ["Open ports"] = "sockeye listen 127.0.0.1 7000 --echo",
    };

    public static TheoryData<string, string, string> Scripts
    {
        get
        {
            var scripts = new TheoryData<string, string, string>();
            foreach (Match match in Script().Matches(File.ReadAllText(Documents.GetPath("scripts.md"))))
                scripts.Add(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value);
            return scripts;
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Script_prints_what_the_document_says(string heading, string script, string expected)
    {
        await using var run = new NetcatRun();
        if (Servers.TryGetValue(heading, out var server))
            await run.ListenAsync(server);
        if (heading is "TLS in front of a server")
            await run.ListenAsync("sockeye listen 127.0.0.1 7001 --echo", 7001);
        if (heading is "Open ports")
            LeaveOnePortOpen(run);
        var running = run.Start(script);
        if (heading is "Wait for a port")
        {
            // The server comes up when the script has tried once.
            var attempts = Path.Combine(run.Folder, "attempts.log");
            while (!File.Exists(attempts) || new FileInfo(attempts).Length == 0)
                await Task.Yield();
            await run.ListenAsync("sockeye listen 127.0.0.1 7000 --echo");
        }

        Assert.Equal($"0: {expected}", await running.EndAsync());
    }

    [Fact]
    public void There_are_ten_scripts() => Assert.Equal(10, Scripts.Count);

    /// <summary>Ports that no system assigns stand for the others of the range, which other programs might have.</summary>
    private static void LeaveOnePortOpen(NetcatRun run) => run.SetPort(7002, run.GetPort(7000));

    [GeneratedRegex(
        @"^## ([^\n]+)\n[^`]*(?:`[^`\n]+`[^`]*)*```sh\n(.*?)```\n\n```text\n(.*?)```",
        RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Script();
}
