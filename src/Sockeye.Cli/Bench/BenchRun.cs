using System.CommandLine;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye bench</c>.</summary>
internal sealed class BenchRun(ParseResult parsed)
{
    // The first requests are slow on both sides: code is compiled, caches and windows are empty.
    private static readonly TimeSpan DefaultWarmUp = TimeSpan.FromMilliseconds(500);

    private readonly ErrorLines _errors = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly BenchProgress _progress = new(new(), !Console.IsErrorRedirected);

    public async Task<int> RunAsync()
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await using var client = new BenchClient(parsed, _errors);
        try
        {
            return parsed.GetValue(OutputOptions.Compare) is { } other ? await CompareAsync(client, other)
                : await MeasureAsync(client);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Failed, "stopped before anything was measured.");
        }
        catch (PlatformNotSupportedException e)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
        finally
        {
            _progress.End();
        }
    }

    private static string Name(EndPointText target) => PrintableText.Escape($"{target}");

    private async Task<int> MeasureAsync(BenchClient client)
    {
        foreach (var option in (Option<string?>[])[OutputOptions.Hdr, OutputOptions.Report])
            ResultFile.Check(option.Name, parsed.GetValue(option));
        var targets = parsed.GetRequiredValue(BenchOptions.Targets);
        await using var session = new LoadSession(CreateSettings(client, targets));
        await session.OpenAsync(_stop.Token);
        var server = LocalServer.Find(session.Settings.Targets);
        var plan = CreatePlan();
        if (parsed.GetValue(OutputOptions.Find) is { } text)
        {
            plan = await new FindRun(
                (tried, stop) => new PeriodRun(session, tried).RunAsync(stop), Bound.Parse(text, out _)!, _progress.WriteLine)
                .SearchAsync(plan, _stop.Token);
        }

        using var signs = parsed.GetValue(OutputOptions.Admin) is { } url ? new AdminSigns(AdminUrl.Parse(url)!) : null;
        var startedAt = TimeProvider.System.GetUtcNow() + plan.WarmUp;
        var start = BenchClock.Now + BenchClock.ToNanoseconds(plan.WarmUp);
        var period = await new PeriodRun(session, plan, server, signs is null ? null : signs.ReadAsync)
        {
            OnInterval = interval => _progress.Show(interval, start),
        }.RunAsync(_stop.Token);
        var result = ResultFactory.Create(session, plan, period, [.. targets.Select(Name)], client.Engine, server);
        _progress.End();
        return Finish(result, period, startedAt);
    }

    private int Finish(BenchResult result, PeriodResult period, DateTimeOffset startedAt)
    {
        if (parsed.GetValue(OutputOptions.Json))
            Console.Out.WriteLine(BenchJson.Write(result));
        else
            WriteLines(BenchTable.Write(result));
        if (parsed.GetValue(OutputOptions.Hdr) is { } hdr)
            ResultFile.Write(OutputOptions.Hdr.Name, hdr, HdrLog.Create(period, startedAt));
        if (parsed.GetValue(OutputOptions.Report) is { } report)
            ResultFile.Write(OutputOptions.Report.Name, report, HtmlReport.Create(result, period.Totals, startedAt));
        var failures = OutputOptions.GetFailIf(parsed).Where(bound => bound.Holds(bound.GetValue(result)))
            .Select(bound => $"--fail-if {bound.Text}: {bound.Describe(result)}").ToList<string?>();
        if (parsed.GetValue(MessageOptions.Receive) ? result.ReceivedBytesPerSecond <= 0 : result.Answers == 0)
            failures.Add("there was no answer");
        return _errors.Report(failures);
    }

    private async Task<int> CompareAsync(BenchClient client, EndPointText other)
    {
        var targets = parsed.GetRequiredValue(BenchOptions.Targets);
        await using var a = new LoadSession(CreateSettings(client, targets));
        await using var b = new LoadSession(CreateSettings(client, [other]));
        await a.OpenAsync(_stop.Token);
        await b.OpenAsync(_stop.Token);
        var result = await new CompareRun(CreateWindows(a), CreateWindows(b), _progress.WriteLine).RunAsync(
            Name(targets[0]), Name(other), CreatePlan(), parsed.GetValue(BenchOptions.Duration), _stop.Token);
        result = result with { Errors = a.Errors.Total + b.Errors.Total };
        if (parsed.GetValue(OutputOptions.Json))
            Console.Out.WriteLine(result.ToJson());
        else
            WriteLines(result.ToLines());
        return ExitCodes.Done;
    }

    private static MeasureWindow CreateWindows(LoadSession session)
    {
        var server = LocalServer.Find(session.Settings.Targets);
        return async (plan, stop) => CompareWindow.Create(
            await new PeriodRun(session, plan, server).RunAsync(stop), plan.Rate is not null);
    }

    private static void WriteLines(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Console.Out.WriteLine(line.TrimEnd());
    }

    private LoadSettings CreateSettings(BenchClient client, IReadOnlyList<EndPointText> targets)
    {
        var codec = MessageOptions.GetCodec(parsed);
        return new()
        {
            Targets = [.. targets.Select(client.GetTarget)],
            Clients = client.CreateClients(),
            Messages = MessageOptions.CreateMessages(parsed, codec),
            Answer = MessageOptions.GetAnswer(parsed),
            Codec = codec,
            IdPrefix = MessageOptions.GetIdPrefix(parsed),
            Connections = parsed.GetValue(BenchOptions.Connections) ?? 10,
            Pipeline = parsed.GetValue(BenchOptions.Pipeline) ?? 1,
            ConnectRate = parsed.GetValue(BenchOptions.ConnectRate),
            RequestsPerConnection = parsed.GetValue(BenchOptions.RequestsPerConnection),
            Lifetime = parsed.GetValue(BenchOptions.Lifetime),
            IsReceiveOnly = parsed.GetValue(MessageOptions.Receive),
        };
    }

    private PeriodPlan CreatePlan()
    {
        var count = parsed.GetValue(BenchOptions.Count);
        return new()
        {
            Rate = parsed.GetValue(BenchOptions.Rate),
            Arrivals = parsed.GetValue(BenchOptions.Distribution) ?? Arrivals.Constant,
            Burst = parsed.GetValue(BenchOptions.Burst) ?? 1,
            Seed = parsed.GetValue(BenchOptions.Seed) ?? 1,
            WarmUp = parsed.GetValue(BenchOptions.WarmUp) ?? (count is null ? DefaultWarmUp : TimeSpan.Zero),
            Duration = parsed.GetValue(BenchOptions.Duration) ?? (count is null ? GetDefaultDuration() : TimeSpan.FromDays(1)),
            Budget = count ?? long.MaxValue,
            Interval = parsed.GetValue(BenchOptions.Interval) ?? TimeSpan.FromSeconds(1),
        };
    }

    private TimeSpan GetDefaultDuration() =>
        TimeSpan.FromSeconds(parsed.GetValue(OutputOptions.Find) is null ? 10 : 3);

    private void OnSignal(PosixSignalContext signal)
    {
        // A second signal ends the process at once.
        signal.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
