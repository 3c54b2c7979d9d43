using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transports;

/// <summary>
/// The transport of servers whose options name none: the Linux transport if the system is Linux and the assembly is present,
/// otherwise the portable transport.
/// </summary>
/// <remarks>
/// The core cannot reference an assembly that references it, so it uses the name of the type (docs/decisions/0005). The name is a
/// constant, so that a trimmer and the ahead-of-time compiler keep the type if the assembly is a part of the program.
/// </remarks>
public static class DefaultTransport
{
    private const string Linux = "Sockeye.Linux.LinuxTransport, Sockeye.Linux";

    private static readonly Lazy<IConnectionListenerFactory> Found = new(Find);

    /// <summary>Gets the default transport, which is selected on first use.</summary>
    /// <exception cref="InvalidOperationException">The environment variable SOCKEYE_ENGINE does not name an engine.</exception>
    /// <exception cref="PlatformNotSupportedException">It names an engine that cannot run on this machine.</exception>
    public static IConnectionListenerFactory Shared => Found.Value;

    /// <summary>Returns the default transport. Null if it has not been created, and is not to be created now.</summary>
    internal static IConnectionListenerFactory? Get(bool create) => create || Found.IsValueCreated ? Found.Value : null;

    /// <summary>
    /// Returns the value of the static property "Shared" of a transport's type. Exceptions of the property are not wrapped.
    /// </summary>
    internal static IConnectionListenerFactory GetShared(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type transport) =>
        transport.GetProperty(nameof(Shared), BindingFlags.Public | BindingFlags.Static)!.GetMethod!
            .CreateDelegate<Func<IConnectionListenerFactory>>()();

    /// <summary>Creates a transport of the same kind with separate options. The caller disposes it if it is disposable.</summary>
    /// <param name="options">The options of its sockets.</param>
    /// <param name="threadCount">The number of engine threads, for a transport that has them. Null: its default.</param>
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
