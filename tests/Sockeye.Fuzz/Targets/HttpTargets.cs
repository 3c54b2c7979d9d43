extern alias Admin;

using System.Buffers;
using Admin::Sockeye.Admin;
using AdminHeadParser = Admin::Sockeye.HttpHeadParser;
using AdminRefusal = Admin::Sockeye.HttpRefusal;
using AdminRequest = Admin::Sockeye.HttpRequest;

namespace Sockeye.Fuzz.Targets;

/// <summary>Requests to the admin page. The tool has its own copy of the same types.</summary>
internal static class HttpTargets
{
    public static FuzzTarget Http { get; } = new("http", Check);

    private static void Check(byte[] input)
    {
        var whole = Parse(new(input), out var length, out var status);
        BrokenPromiseException.Unless(
            status is 0 or 400 or 411 or 413 or 414 or 417 or 421 or 431 or 501 or 505, $"it was refused with {status}");
        foreach (var prefix in ByteSegments.Prefixes(input))
        {
            var request = Parse(prefix, out var prefixLength, out var prefixStatus);
            if (request is null && prefixStatus == 0)
                continue; // More has to come.
            // What is a request, or none, stays so whatever follows.
            BrokenPromiseException.Unless(
                request?.Path == whole?.Path && prefixStatus == status && prefixLength == length,
                $"{prefix.Length} bytes are [{request?.Path}] {prefixStatus}, all of them [{whole?.Path}] {status}");
            break;
        }

        if (whole is not null)
            CheckRequest(whole);
    }

    private static void CheckRequest(AdminRequest request)
    {
        BrokenPromiseException.Unless(
            (request.Path is ['/', ..] || request is { Path: "*", Method: "OPTIONS" })
                && (request.Host is not null || request.IsHttp10) && request.ContentLength is >= 0 and <= AdminHeadParser.MaxBody
                && (request.ContentLength == 0 || request.Method == "POST") && !request.TryGet("transfer-encoding", out _),
            $"{request.Method} {request.Path} with a body of {request.ContentLength}");
        try
        {
            _ = ConnectionQuery.Parse(request.ReadQuery());
        }
        catch (AdminRefusal refusal)
        {
            BrokenPromiseException.Unless(
                refusal is { Status: 400, EndsConnection: false }, $"a query was refused with {refusal.Status}");
        }
    }

    private static AdminRequest? Parse(ReadOnlySequence<byte> input, out long length, out int status)
    {
        var rest = input;
        try
        {
            status = 0;
            var found = AdminHeadParser.TryParse(ref rest, out var request);
            length = input.Length - rest.Length;
            BrokenPromiseException.Unless(found || length == 0, $"{length} bytes were taken for no request");
            return found ? request : null;
        }
        catch (AdminRefusal refusal) when (refusal.EndsConnection)
        {
            (length, status) = (0, refusal.Status);
            return null;
        }
    }
}
