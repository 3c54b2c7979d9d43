#:project ../src/Sockeye/Sockeye.csproj
// Modbus/TCP, a binary protocol with a transaction number in each frame: a device and its client in one program.
// dotnet run samples/modbus.cs -- modbus.pcapng
// tshark -r modbus.pcapng -o mbtcp.tcp.port:PORT   (the program prints the port)
using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Sockeye;

// The length field counts what follows it, and the frames of Modbus have at most 260 bytes.
var frames = Codec.LengthPrefixed(maxLength: 260, new LengthPrefixOptions { BytesBeforeLength = 4, LengthSize = 2 });
var modbus = frames.WithMessages<Frame>(Frame.Write, Frame.Read);

await using var capture = args is [var path, ..] ? new WireCapture(path) : null;
var registers = new ushort[100];

await using var device = await SockeyeServer.StartAsync(options =>
{
    var listen = options.ListenLocalhost(0);
    if (capture is not null)
        listen.UseWireCapture(capture);
    // The transaction number is copied, so the responses may come in any order.
    listen.Run(
        modbus,
        (request, _) => ValueTask.FromResult(request with { Body = Execute(request.Function, request.Body) }),
        onError: (request, error) => request with
        {
            Function = (byte)(request.Function | 0x80), // An exception response: 1 is an unknown function, 2 a bad address.
            Body = [error is NotSupportedException ? (byte)1 : (byte)2],
        },
        new() { MaxConcurrentRequests = 8, KeepsOrder = false });
});

await using var connection = await new SockeyeClient().ConnectAsync(device.EndPoints[0], modbus);
await using var requests = connection.AsRequests(rules => rules.MatchById(
    (request, id) => request with { Transaction = (ushort)id }, response => response.Transaction, maxId: ushort.MaxValue));

await Task.WhenAll(Enumerable.Range(0, registers.Length).Select(address => WriteAsync(address, (ushort)(address * 3))));
var values = await Task.WhenAll(Enumerable.Range(0, 20).Select(block => ReadAsync(block * 5, 5)));
if (values.SelectMany(block => block).Where((value, address) => value != address * 3).Any())
    throw new InvalidDataException("The registers have other values.");
var failed = await requests.SendAsync(new(0, Unit: 1, Function: 3, Words(99, 5)));
if (failed.Function != 0x83 || failed.Body[0] != 2)
    throw new InvalidDataException("An address outside the registers is an error of the device.");
Console.WriteLine($"wrote and read {registers.Length} registers of the device on port {((IPEndPoint)device.EndPoints[0]).Port}");

async Task WriteAsync(int address, ushort value)
{
    var response = await requests.SendAsync(new(0, Unit: 1, Function: 6, Words(address, value)));
    if (!response.Body.AsSpan().SequenceEqual(Words(address, value)))
        throw new InvalidDataException($"Register {address} was not written.");
}

async Task<ushort[]> ReadAsync(int address, int count)
{
    var response = await requests.SendAsync(new(0, Unit: 1, Function: 3, Words(address, count)));
    return [.. Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadUInt16BigEndian(response.Body.AsSpan(1 + (i * 2))))];
}

byte[] Execute(byte function, byte[] body)
{
    var (address, value) = (BinaryPrimitives.ReadUInt16BigEndian(body), BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(2)));
    switch (function)
    {
        case 3: // Read holding registers: the response has the number of bytes, and the values.
            return [(byte)(value * 2), .. registers.AsSpan(address, value).ToArray().SelectMany(each => Words(each))];
        case 6: // Write one register: the response repeats the request.
            registers[address] = value;
            return body;
        default:
            throw new NotSupportedException($"Function {function} is unknown.");
    }
}

static byte[] Words(params int[] values) => [.. values.SelectMany(value => new[] { (byte)(value >> 8), (byte)value })];

// transaction: 2 bytes  protocol: 2 bytes, 0  length: 2 bytes  unit: 1 byte  function: 1 byte  body
sealed record Frame(ushort Transaction, byte Unit, byte Function, byte[] Body)
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
        var bytes = payload.ToArray(); // A frame that is too short is an error of the peer.
        return new(BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[6], bytes[7], bytes[8..]);
    }
}
