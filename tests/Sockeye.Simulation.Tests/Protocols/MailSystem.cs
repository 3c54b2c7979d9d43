using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Protocols;

/// <summary>
/// Like SMTP: a greeting, then a dialogue in which each command waits for its response. A mail that was accepted is stored once
/// and whole; one whose end was certainly not sent is not stored.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="keepsParts">True for a server with a mistake: it stores what it has of a mail when the client ends.</param>
internal sealed class MailSystem(SimulatedNetwork network, bool keepsParts = false) : ProtocolSystem(network)
{
    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromMinutes(1);
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 200, Encoding.ASCII, LineEnding.CrLf);

    private readonly HashSet<long> _stored = [];
    private readonly HashSet<long> _accepted = [];
    private readonly HashSet<long> _notSent = [];
    private long _lastMail;

    protected override void Serve(ListenOptions listen) => listen.Run(Lines, async client =>
    {
        var mail = 0L;
        await client.WriteAsync("220 server");
        while ((await client.ReadAsync()).TryGetMessage(out var line))
        {
            await WorkAsync(client.PeerEnded);
            switch (line.Split(' ')[0])
            {
                case "EHLO":
                    await client.WriteManyAsync(["250-server", "250-8BITMIME", "250 HELP"]);
                    break;
                case "MAIL":
                    mail = ToNumber(line);
                    await client.WriteAsync($"250 from {mail}");
                    break;
                case "RCPT":
                    await client.WriteAsync($"250 to {ToNumber(line)}");
                    break;
                case "DATA":
                    await client.WriteAsync("354 end with a dot");
                    if (!await ReadMailAsync(client, mail))
                        return;
                    await client.WriteAsync($"250 accepted {mail}");
                    break;
                default:
                    await client.WriteAsync($"500 {line}");
                    break;
            }
        }
    });

    protected override async Task RunClientAsync(SimulatedHost host)
    {
        try
        {
            await foreach (var server in Network.ClientOn(host).ReconnectAsync(Server, Lines, Closing))
            {
                await using (Closing.Register(() => server.Connection.Abort()))
                {
                    if (await IsGreetedAsync(server))
                        await SendMailsAsync(server);
                }
            }
        }
        catch (OperationCanceledException) when (Closing.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    protected override void CheckEnd()
    {
        Invariants.Check(_accepted.Count > 0, () => "no mail was accepted in all the time");
        Invariants.Check(_accepted.IsSubsetOf(_stored), () => "a mail was accepted and is not stored");
        Invariants.Check(!_notSent.Overlaps(_stored), () => "a mail is stored whose end was certainly not sent");
    }

    private static long ToNumber(string command) => long.Parse(command.Split(' ')[^1], CultureInfo.InvariantCulture);

    private static IEnumerable<string> GetLines(long mail) =>
        Enumerable.Range(0, (int)(mail * 7 % 30)).Select(line => $"line {line} of mail {mail} {new string('x', line)}");

    /// <summary>Reads the text of a mail up to its dot, and stores it. Returns false if the client ended before.</summary>
    private async Task<bool> ReadMailAsync(MessageConnection<string> client, long mail)
    {
        List<string> text = [];
        while ((await client.ReadAsync()).TryGetMessage(out var line))
        {
            if (line is not ".")
            {
                text.Add(line);
                continue;
            }

            Invariants.Check(text.SequenceEqual(GetLines(mail)), () => $"mail {mail} has other lines: {string.Join('|', text)}");
            Invariants.Check(_stored.Add(mail), () => $"mail {mail} is stored twice");
            return true;
        }

        if (keepsParts)
            _stored.Add(mail);
        return false;
    }

    private async Task<bool> IsGreetedAsync(MessageConnection<string> server)
    {
        using var late = new CancellationTokenSource(GreetingTimeout, Network.TimeProvider);
        try
        {
            if (!(await server.ReadAsync(late.Token)).TryGetMessage(out var greeting))
                return false;
            Invariants.Check(greeting is "220 server", () => $"the greeting is {greeting}");
            return true;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task SendMailsAsync(MessageConnection<string> server)
    {
        await using var requests = server.AsRequests(options: new() { MaxInFlight = 1 });
        try
        {
            var hello = await requests.SendStreamAsync("EHLO client", line => !line.StartsWith("250-", StringComparison.Ordinal))
                .ToListAsync();
            Invariants.Check(hello is ["250-server", "250-8BITMIME", "250 HELP"], () => $"EHLO got {string.Join('|', hello)}");
        }
        catch (RequestException)
        {
            return;
        }

        while (!Closing.IsCancellationRequested && await SendMailAsync(requests, ++_lastMail))
            await Network.PauseUpTo(TimeSpan.FromMinutes(5));
    }

    /// <summary>Sends a mail. Returns false if the dialogue cannot continue.</summary>
    private async Task<bool> SendMailAsync(RequestConnection<string, string> requests, long mail)
    {
        _notSent.Add(mail);
        if (await AskAsync(requests, $"MAIL FROM {mail}", $"250 from {mail}") is not null
            || await AskAsync(requests, $"RCPT TO {mail}", $"250 to {mail}") is not null
            || await AskAsync(requests, "DATA", "354 end with a dot") is not null)
            return false;
        try
        {
            foreach (var line in GetLines(mail))
                await requests.Messages.WriteAsync(line);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or ConnectionAbortedException)
        {
            return false;
        }

        var mayHaveBeenDone = await AskAsync(requests, ".", $"250 accepted {mail}");
        if (mayHaveBeenDone is not false)
            _notSent.Remove(mail);
        if (mayHaveBeenDone is null)
            _accepted.Add(mail);
        return mayHaveBeenDone is null;
    }

    /// <summary>Sends a command. Returns null if it was answered; otherwise whether it may have been done.</summary>
    private Task<bool?> AskAsync(RequestConnection<string, string> requests, string command, string expected) =>
        CallAsync(async (_, timeout, token) =>
        {
            var response = await requests.SendAsync(command, timeout, token);
            Invariants.Check(response == expected, () => $"{command} was answered by {response}, not {expected}");
        });
}
