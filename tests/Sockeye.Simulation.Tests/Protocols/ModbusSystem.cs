using System.Buffers;
using System.Buffers.Binary;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Protocols;

/// <summary>Like Modbus/TCP: binary frames with short transaction numbers, whose responses come in any order, some of them
/// exceptions of the device. Responses whose callers have left are dropped.</summary>
/// <param name="network">The network.</param>
/// <param name="mixesNumbers">True for a device with a mistake: it sometimes answers with the number of another request.</param>
internal sealed class ModbusSystem(SimulatedNetwork network, bool mixesNumbers = false) : ProtocolSystem(network)
{
    private const int MaxTransaction = 40;
    private const byte ReadRegisters = 3;
    private const byte WriteRegister = 6;
    private const byte Unknown = 99;

    // transaction: 2 bytes  protocol: 2 bytes, 0  length: 2 bytes  unit: 1 byte  function: 1 byte  body
    private static readonly Codec<Frame> Frames = Codec
        .LengthPrefixed(maxLength: 260, new LengthPrefixOptions { BytesBeforeLength = 4, LengthSize = 2 })
        .WithMessages<Frame>(Frame.Write, Frame.Read);

    private ushort _lastTransaction;

    protected override void Serve(ListenOptions listen) => listen.Run(
        Frames,
        async (request, token) =>
        {
            Receive(BinaryPrimitives.ReadUInt32BigEndian(request.Body));
            _lastTransaction = request.Transaction;
            await WorkAsync(token);
            if (mixesNumbers)
                request = request with { Transaction = _lastTransaction };
            return request.Function is Unknown ? throw new NotSupportedException() : Answer(request);
        },
        onError: (request, _) => ToError(request),
        new() { MaxConcurrentRequests = 8, KeepsOrder = false });

    protected override async Task RunClientAsync(SimulatedHost host)
    {
        try
        {
            await foreach (var messages in Network.ClientOn(host).ReconnectAsync(Server, Frames, Closing))
            {
                await using var requests = messages.AsRequests(
                    rules => rules.MatchById(
                        (request, id) => request with { Transaction = (ushort)id }, response => response.Transaction,
                        MaxTransaction),
                    new() { MaxInFlight = 5, MaxWaiters = 2 });
                using var ended = new CancellationTokenSource();
                var calling = RunCallersAsync(
                    8, () => CallAsync((number, timeout, token) => SendAsync(requests, number, timeout, token)), ended.Token);
                await using (Closing.Register(() => messages.Connection.Abort()))
                    await requests.Completion;
                ended.Cancel();
                await calling;
                Invariants.Check(
                    requests is { InFlightCount: 0, WaiterCount: 0 },
                    () => $"{requests.InFlightCount} requests are in flight and {requests.WaiterCount} wait after the end");
            }
        }
        catch (OperationCanceledException) when (Closing.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    private async Task SendAsync(
        RequestConnection<Frame, Frame> requests, long number, TimeSpan timeout, CancellationToken token)
    {
        byte[] functions = [ReadRegisters, WriteRegister, Unknown];
        var body = new byte[4 + Network.Random.Next(100)];
        BinaryPrimitives.WriteUInt32BigEndian(body, (uint)number);
        var request = new Frame(0, Unit: 1, functions[Network.Random.Next(functions.Length)], body);

        var response = await requests.SendAsync(request, timeout, token);

        var expected = request.Function is Unknown ? ToError(request) : Answer(request);
        Invariants.Check(
            response.Function == expected.Function && response.Body.AsSpan().SequenceEqual(expected.Body),
            () => $"{request.Function} of {number} was answered by {response.Function} of {response.Body.Length} bytes");
    }

    private static Frame Answer(Frame request) => request.Function is WriteRegister
        ? request
        : request with { Body = [(byte)request.Body.Length, .. request.Body.Reverse()] };

    // The number is not part of the protocol; it shows which request was answered.
    private static Frame ToError(Frame request) =>
        request with { Function = (byte)(request.Function | 0x80), Body = [1, .. request.Body[..4]] };

    private sealed record Frame(ushort Transaction, byte Unit, byte Function, byte[] Body)
    {
        public static void Write(Frame frame, IBufferWriter<byte> output)
        {
            var length = 8 + frame.Body.Length;
            var bytes = output.GetSpan(length);
            BinaryPrimitives.WriteUInt16BigEndian(bytes, frame.Transaction);
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], 0);
            BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(length - 6));
            (bytes[6], bytes[7]) = (frame.Unit, frame.Function);
            frame.Body.CopyTo(bytes[8..]);
            output.Advance(length);
        }

        public static Frame Read(ReadOnlySequence<byte> payload)
        {
            var bytes = payload.ToArray();
            return new(BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[6], bytes[7], bytes[8..]);
        }
    }
}
