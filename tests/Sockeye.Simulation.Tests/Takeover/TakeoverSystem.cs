using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>
/// Processes that take over a port and its connections, one from the other, while clients connect and talk. In each takeover, one
/// of the two may end or stand still at one of its steps.
/// </summary>
internal sealed class TakeoverSystem
{
    private const int Takeovers = 3;
    private const int Clients = 4;

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(10);
    private static readonly TakeoverStep[] Steps = Enum.GetValues<TakeoverStep>();

    private readonly SimulatedNetwork _network;
    private readonly Invariants _invariants;
    private readonly SimulatedMachine _machine;
    private readonly TakeoverDefect _defect;
    private readonly Action<TakeoverStep>? _onCrash;
    private readonly List<EchoProcess> _processes = [];
    private bool _isOver;

    private TakeoverSystem(SimulatedNetwork network, TakeoverDefect defect, Action<TakeoverStep>? onCrash)
    {
        (_network, _defect, _onCrash, _invariants) = (network, defect, onCrash, new(network));
        _machine = new(network, _invariants);
    }

    /// <param name="network">The network.</param>
    /// <param name="defect">The mistake of the processes.</param>
    /// <param name="onCrash">Called with the step of each crash, on any thread.</param>
    public static Task RunAsync(SimulatedNetwork network, TakeoverDefect defect, Action<TakeoverStep>? onCrash = null) =>
        new TakeoverSystem(network, defect, onCrash).RunAsync();

    private async Task RunAsync()
    {
        var serving = AddProcess();
        await serving.StartAsync();
        List<EchoClient> clients =
            [.. Enumerable.Range(1, Clients).Select(number => new EchoClient(_machine, _network.AddHost($"client{number}")))];
        var visits = clients.ConvertAll(client => client.RunAsync(() => _isOver));
        for (var i = 0; i < Takeovers; i++)
        {
            await _network.PauseUpTo(TimeSpan.FromSeconds(20));
            serving = await TakeOverAsync(serving, AddProcess());
            _invariants.ThrowIfBroken();
        }

        var before = clients.ConvertAll(client => client.CompletedVisits);
        await _invariants.BecomesTrueAsync(
            () => clients.Index().All(client => client.Item.CompletedVisits > before[client.Index]), SettleTime,
            () => "a client is served by none");
        _isOver = true;
        await _invariants.BecomesTrueAsync(
            () => visits.TrueForAll(visit => visit.IsCompleted), SettleTime, () => "a client is served by none");
        CheckEnd(serving, clients);
    }

    private void CheckEnd(EchoProcess serving, List<EchoClient> clients)
    {
        _invariants.Check(
            _machine.Acceptors is [var one] && one == serving,
            () => $"those who accept are {string.Join(" and ", _machine.Acceptors.Select(process => process.Name))}, "
                + $"where {serving.Name} is to");
        var lost = clients.Sum(client => client.LostConnections);
        _invariants.Check(
            lost <= _machine.LostConnections,
            () => $"{lost} connections were lost, and {_machine.LostConnections} ended with their processes");
        foreach (var process in _processes)
        {
            var expected = process == serving ? 1 : 0;
            _invariants.Check(
                process.Descriptors.Count == expected,
                () => $"{process.Name} has {process.Descriptors.Count} descriptors at the end, where it needs {expected}");
        }

        _invariants.ThrowIfBroken();
    }

    /// <summary>Returns the process that serves afterwards.</summary>
    private async Task<EchoProcess> TakeOverAsync(EchoProcess old, EchoProcess young)
    {
        using var stopping = new CancellationTokenSource();
        var fault = Fault(old, young, stopping);
        var channel = SimulatedChannel.Create(_network, old, young);
        var ends = new Task<bool>[]
        {
            HandOverAsync(old, _defect.Wrap(channel.Left), fault, stopping),
            TakeAsync(young, channel.Right, fault),
        };
        var end = Task.WhenAll(ends);
        await _invariants.BecomesTrueAsync(
            () => end.IsCompleted
                || (old.IsDead && ends[1].IsCompleted)
                || (young.IsDead && ends[0].IsCompleted),
            SettleTime, () => "a takeover does not end");
        if (old.IsDead)
            _invariants.Check(await ends[1], () => $"{young.Name} does not serve after the end of {old.Name}");
        if (young.IsDead)
            _invariants.Check(!await ends[0], () => $"{old.Name} does not serve after the end of {young.Name}");
        if (old.IsDead || young.IsDead)
            return old.IsDead ? young : old;
        var isYoung = await ends[1];
        // One that promised to serve before the other lost its patience has withdrawn by now.
        _invariants.Check(
            await ends[0] == isYoung || stopping.IsCancellationRequested,
            () => isYoung ? "both serve at the end" : "none serves at the end");
        return isYoung ? young : old;
    }

    /// <summary>Returns whether the other process serves now.</summary>
    private async Task<bool> HandOverAsync(
        EchoProcess process, ITakeoverChannel channel, Action<TakeoverStep> onStep, CancellationTokenSource stopping)
    {
        await using (channel)
        {
            try
            {
                await new Predecessor(
                    channel, _defect.Wrap((IPredecessorServer)process), 1, _network.TimeProvider, StepTimeout, onStep)
                    .RunAsync(stopping.Token);
            }
            catch (TakeoverException e)
            {
                _network.Note($"{process.Name} continues: {e.Message}");
                return false;
            }
            catch (OperationCanceledException)
            {
                _network.Note($"{process.Name} stops");
            }

            await process.RunsAsync();
            process.Finish();
            return true;
        }
    }

    /// <summary>Returns whether the process serves now.</summary>
    private async Task<bool> TakeAsync(EchoProcess process, ITakeoverChannel channel, Action<TakeoverStep> onStep)
    {
        await using (channel)
        {
            try
            {
                await new Successor(
                    channel, _defect.Wrap((ISuccessorServer)process, _network.Random), 2, _network.TimeProvider, StepTimeout,
                    step =>
                    {
                        if (step is TakeoverStep.ServingSent)
                            process.OwnCommitted();
                        onStep(step);
                    }).RunAsync(CancellationToken.None);
                return true;
            }
            catch (TakeoverException e)
            {
                _network.Note($"{process.Name} gives up: {e.Message}");
                return false;
            }
        }
    }

    private EchoProcess AddProcess()
    {
        var process = new EchoProcess(_machine, $"process {_processes.Count + 1}");
        _processes.Add(process);
        return process;
    }

    private Action<TakeoverStep> Fault(EchoProcess old, EchoProcess young, CancellationTokenSource stopping)
    {
        var random = _network.Random;
        var kind = random.Next(6);
        var at = Steps[random.Next(Steps.Length)];
        var victim = at >= TakeoverStep.SuccessorConnected ? old : young;
        var countdown = random.Next(3); // Some steps come several times.
        return step =>
        {
            _network.Note($"{step}");
            if (step != at || (countdown-- > 0 && IsRepeated(at)))
                return;
            switch (kind)
            {
                // It has promised to serve alone, so that its end is no longer the matter of the other.
                case 0 or 1 when at is not TakeoverStep.CompleteSent:
                    victim.Crash();
                    _onCrash?.Invoke(at);
                    break;
                case 2 or 3:
                    victim.Pause();
                    _ = ResumeLaterAsync(victim);
                    break;
                case 4 when victim == old:
                    stopping.Cancel();
                    break;
            }
        };
    }

    private static bool IsRepeated(TakeoverStep step) => step
        is (>= TakeoverStep.OfferReceived and <= TakeoverStep.Served)
        or (>= TakeoverStep.Detached and <= TakeoverStep.SuccessorServes);

    private async Task ResumeLaterAsync(EchoProcess process)
    {
        await _network.PauseUpTo(StepTimeout * 4);
        process.Resume();
    }
}
