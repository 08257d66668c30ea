using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Benchmarks.Decode;

/// <summary>Pillow (<c>pillow.py</c>) in its own process, which decodes on request.</summary>
internal sealed class Pillow : DecodeCase
{
    private readonly Process process;

    private Pillow(Process process, string version)
        : base($"Pillow {version}") => this.process = process;

    /// <summary>Starts Pillow, or returns null if there is no Python with Pillow and numpy.</summary>
    public static Pillow? Find(string python, IReadOnlyList<string> paths, int side)
    {
        var start = new ProcessStartInfo(
            python, [Path.Combine(AppContext.BaseDirectory, "Decode", "pillow.py"), side.ToString(CultureInfo.InvariantCulture), .. paths])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            var process = Process.Start(start) ?? throw new InvalidOperationException($"'{python}' did not start.");
            return process.StandardOutput.ReadLine() is { } version ? new Pillow(process, version) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public override void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        base.Dispose();
    }

    protected override double DecodeAll()
    {
        process.StandardInput.WriteLine();
        return double.Parse(
            process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Pillow ended."), CultureInfo.InvariantCulture);
    }
}
