using System.Net;
using System.Net.NetworkInformation;

namespace Sockeye;

/// <summary>The addresses of this machine's network interfaces, as they are now.</summary>
internal static class LocalAddresses
{
    /// <summary>False as well where the system does not tell.</summary>
    public static bool Contains(IPAddress address)
    {
        try
        {
            // By their bytes: the zone of a link-local address is written in several ways.
            return IPGlobalProperties.GetIPGlobalProperties().GetUnicastAddresses()
                .Any(own => own.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes()));
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
