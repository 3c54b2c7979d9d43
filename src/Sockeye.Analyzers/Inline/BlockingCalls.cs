using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Calls that block their thread until something happens elsewhere.</summary>
internal static class BlockingCalls
{
    private const string Await = "await it";

    private static readonly Dictionary<string, string> WayOut = new()
    {
        ["System.Threading.Thread.Sleep"] = "await Task.Delay",
        ["System.Threading.Thread.Join"] = "await a task",
        ["System.Threading.SpinWait.SpinUntil"] = "await what happens",
        ["System.Threading.Tasks.Task.Wait"] = Await,
        ["System.Threading.Tasks.Task.WaitAll"] = "await Task.WhenAll",
        ["System.Threading.Tasks.Task.WaitAny"] = "await Task.WhenAny",
        ["System.Threading.WaitHandle.WaitOne"] = "await a task",
        ["System.Threading.WaitHandle.WaitAll"] = "await a task",
        ["System.Threading.WaitHandle.WaitAny"] = "await a task",
        ["System.Threading.ManualResetEventSlim.Wait"] = "await a task",
        ["System.Threading.CountdownEvent.Wait"] = "await a task",
        ["System.Threading.Barrier.SignalAndWait"] = "await a task",
        ["System.Threading.Monitor.Wait"] = "await a task",
        ["System.Threading.SemaphoreSlim.Wait"] = "await WaitAsync",
        ["System.Diagnostics.Process.WaitForExit"] = "await WaitForExitAsync",
        ["System.Console.ReadLine"] = "read outside of the handler",
        ["System.Console.ReadKey"] = "read outside of the handler",
        ["System.Net.Dns.GetHostEntry"] = "await GetHostEntryAsync",
        ["System.Net.Dns.GetHostAddresses"] = "await GetHostAddressesAsync",
        ["System.Net.Http.HttpClient.Send"] = "await SendAsync",
        ["System.Data.Common.DbConnection.Open"] = "await OpenAsync",
        ["System.Data.Common.DbCommand.ExecuteNonQuery"] = "await ExecuteNonQueryAsync",
        ["System.Data.Common.DbCommand.ExecuteReader"] = "await ExecuteReaderAsync",
        ["System.Data.Common.DbCommand.ExecuteScalar"] = "await ExecuteScalarAsync",
    };

    private static readonly HashSet<string> SocketCalls =
        ["Accept", "Connect", "Receive", "ReceiveFrom", "Send", "SendFile", "SendTo", "Poll", "Select"];

    private static readonly HashSet<string> StreamCalls = ["Read", "ReadByte", "ReadExactly", "ReadAtLeast", "Write", "WriteByte",
        "CopyTo"];

    /// <summary>Streams on which a call waits for another end, or for a disk.</summary>
    private static readonly HashSet<string> Streams =
    [
        "System.Net.Sockets.NetworkStream",
        "System.Net.Security.SslStream",
        "System.IO.FileStream",
        "System.IO.Pipes.PipeStream",
        "System.IO.Pipes.NamedPipeClientStream",
        "System.IO.Pipes.NamedPipeServerStream",
    ];

    private static readonly HashSet<string> FileCalls =
    [
        "ReadAllBytes", "ReadAllLines", "ReadAllText", "WriteAllBytes", "WriteAllLines", "WriteAllText", "AppendAllLines",
        "AppendAllText", "AppendAllBytes",
    ];

    /// <summary>Returns the text of a call that blocks, and the way out; null for any other operation.</summary>
    public static (string Call, string WayOut)? Find(IOperation operation) => operation switch
    {
        IPropertyReferenceOperation { Property: { Name: "Result", ContainingType: var type } property } when type.IsTask() =>
            ($"{type.Name}.{property.Name}", Await),
        IInvocationOperation call when IsPoll(call) => null,
        IInvocationOperation { TargetMethod: { Name: "GetResult", ContainingType: var type } } when IsAwaiter(type) =>
            ("GetAwaiter().GetResult", Await),
        IInvocationOperation { TargetMethod: var method } call when FindWayOut(method, call) is { } wayOut =>
            ($"{method.ContainingType.Name}.{method.Name}", wayOut),
        _ => null,
    };

    private static string? FindWayOut(IMethodSymbol method, IInvocationOperation call)
    {
        if (WayOut.TryGetValue(FindDeclaration(method).GetMemberName(), out var wayOut))
            return wayOut;
        var name = method.Name;
        var isFile = FileCalls.Contains(name) && method.ContainingType.GetFullName() == "System.IO.File";
        var isSocket = SocketCalls.Contains(name) && method.ContainingType.GetFullName() == "System.Net.Sockets.Socket";
        var isStream = StreamCalls.Contains(name) && call.Instance?.Type is { } stream && Streams.Contains(stream.GetFullName());
        return isFile || isSocket || isStream ? $"await {name.Replace("Byte", "")}Async" : null;
    }

    /// <summary>The method that a method overrides first: a lock of a derived type waits as that of its base.</summary>
    private static IMethodSymbol FindDeclaration(IMethodSymbol method)
    {
        while (method.OverriddenMethod is { } overridden)
            method = overridden;
        return method;
    }

    /// <summary>Whether a wait is for no time: it returns at once.</summary>
    private static bool IsPoll(IInvocationOperation call) => call.Arguments.Any(argument =>
        argument.Value.Unwrap() is { ConstantValue: { HasValue: true, Value: 0 } }
            or IFieldReferenceOperation { Field: { Name: "Zero", ContainingType.Name: "TimeSpan" } });

    private static bool IsAwaiter(INamedTypeSymbol type) => type.ToDisplayString().StartsWith("System.Runtime.CompilerServices.",
        StringComparison.Ordinal) && type.GetFullName().Contains("TaskAwait");
}
