using System.Net;
using System.Net.NetworkInformation;

namespace Sockeye;

/// <summary>The addresses of this machine's network interfaces, as they are now.</summary>
internal static class LocalAddresses
{
    /// <summary>
    /// Returns true if the address is one of this machine. Also false if the system does not list its addresses.
    /// </summary>
    public static bool Contains(IPAddress address)
    {
        try
        {
            // Bytes are compared, because the zone of a link-local address has several spellings.
            return IPGlobalProperties.GetIPGlobalProperties().GetUnicastAddresses()
                .Any(own => own.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes()));
        }
        catch (Exception e) when (e is NetworkInformationException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
