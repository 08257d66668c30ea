using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Tests.Shared;

/// <summary>What orchestrators and operators end a process with. .NET sends SIGKILL only; POSIX's <c>kill</c> sends the other.</summary>
internal static class Sigterm
{
    /// <summary>Sends it, and waits until it is sent; the process may take its time.</summary>
    public static void Send(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
