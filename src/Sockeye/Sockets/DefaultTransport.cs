using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>
/// What a server binds with where its options name nothing: the Linux transport where there is Linux and the assembly, otherwise
/// the portable one.
/// </summary>
/// <remarks>
/// The core cannot reference an assembly that references it, so it knows a name (docs/decisions/0005). The name is a constant: a
/// trimmer and the ahead-of-time compiler follow it, and keep what it names where the assembly is a part of the program.
/// </remarks>
public static class DefaultTransport
{
    private const string Linux = "Sockeye.Linux.LinuxTransport, Sockeye.Linux";

    private static readonly Lazy<IConnectionListenerFactory> Found = new(Find);

    /// <summary>Found when first asked for, and the same ever after.</summary>
    /// <exception cref="InvalidOperationException">The environment variable SOCKEYE_ENGINE names no engine.</exception>
    /// <exception cref="PlatformNotSupportedException">It names one that cannot run here.</exception>
    public static IConnectionListenerFactory Shared => Found.Value;

    /// <summary>The static property "Shared" of a transport's type. What the property throws comes as it is.</summary>
    internal static IConnectionListenerFactory GetShared(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type transport) =>
        transport.GetProperty(nameof(Shared), BindingFlags.Public | BindingFlags.Static)!.GetMethod!
            .CreateDelegate<Func<IConnectionListenerFactory>>()();

    /// <summary>A transport of the same kind with options of its own, for its caller to dispose of where it can be.</summary>
    /// <param name="options">Of its sockets.</param>
    /// <param name="threadCount">Its engine threads, where it has any; null: as many as such a transport has by default.</param>
    /// <inheritdoc cref="Shared" path="/exception"/>
    public static IConnectionListenerFactory Create(SocketTransportOptions options, int? threadCount = null) =>
        OperatingSystem.IsLinux() && Type.GetType(Linux, throwOnError: false) is { } linux
            ? CreateOf(linux, options, threadCount)
            : new SocketTransport(options);

    private static IConnectionListenerFactory Find() =>
        OperatingSystem.IsLinux() && Type.GetType(Linux, throwOnError: false) is { } linux
            ? GetShared(linux)
            : SocketTransport.Shared;

    private static IConnectionListenerFactory CreateOf(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] Type transport,
        SocketTransportOptions options,
        int? threadCount) =>
        transport.GetMethod(nameof(Create), BindingFlags.Public | BindingFlags.Static)!
            .CreateDelegate<Func<SocketTransportOptions, int?, IConnectionListenerFactory>>()(options, threadCount);
}
