using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary><c>-4</c> and <c>-6</c> of <c>sockeye listen</c> and <c>sockeye connect</c>.</summary>
internal static class FamilyOptions
{
    private static readonly Option<bool> IPv4 = OptionFactory.CreateSwitch("-4", "Use IPv4 only.", "--ipv4");

    private static readonly Option<bool> IPv6 = OptionFactory.CreateSwitch("-6", "Use IPv6 only.", "--ipv6");

    public static IEnumerable<Option> All => [IPv4, IPv6];

    /// <summary>Returns the only family to use; <see cref="AddressFamily.Unspecified"/> for both.</summary>
    public static AddressFamily Get(ParseResult parsed) =>
        parsed.GetValue(IPv4) ? AddressFamily.InterNetwork
        : parsed.GetValue(IPv6) ? AddressFamily.InterNetworkV6
        : AddressFamily.Unspecified;

    public static void Validate(CommandResult result)
    {
        if (result.GetValue(IPv4) && result.GetValue(IPv6))
            result.AddError("-4 and -6 exclude each other: choose one, or leave out both.");
    }

    /// <summary>Rejects an address of the other family.</summary>
    /// <exception cref="CommandException">It is one.</exception>
    public static void ThrowIfOther(AddressFamily family, EndPointText endpoint)
    {
        if (family is AddressFamily.Unspecified || endpoint.EndPoint is not { } other || other.AddressFamily == family)
            return;
        var option = family is AddressFamily.InterNetwork ? "-4" : "-6";
        throw new CommandException(
            ExitCodes.WrongUse,
            other is IPEndPoint
                ? $"{option} does not fit {endpoint}, an address of the other family: leave out one of them."
                : $"{option} has no meaning with {endpoint}: leave it out.");
    }
}
