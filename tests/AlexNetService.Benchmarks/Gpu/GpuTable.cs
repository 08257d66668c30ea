using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Benchmarks.Gpu;

/// <summary>Prints a row as soon as it is measured, or that it was skipped.</summary>
/// <param name="device">The device of every row.</param>
/// <param name="unusable">Why the device cannot be used, or null if it can.</param>
internal sealed class GpuTable(string device, string? unusable)
{
    private int skipped;

    /// <summary>Whether every row is skipped.</summary>
    public bool Skips => unusable is not null;

    /// <summary>Whether a row failed.</summary>
    public bool Failed { get; private set; }

    public void Add(string what, Func<(bool Good, string Result)> measure) => Print(what, Skips ? null : Guarded(measure));

    public async Task AddAsync(string what, Func<Task<string>> measure)
    {
        if (Skips)
        {
            Print(what, result: null);
            return;
        }

        var result = await measure();
        Print(what, (true, result));
    }

    /// <summary>Says why rows were skipped.</summary>
    public void PrintSkipped()
    {
        if (unusable is not null)
        {
            Console.WriteLine();
            Console.WriteLine($"Skipped {skipped} rows. {unusable}");
        }
    }

    /// <summary>Prints a row.</summary>
    public static void PrintRow(string what, string result) => Console.WriteLine($"{what,-58} {result}");

    private static (bool Good, string Result) Guarded(Func<(bool Good, string Result)> measure)
    {
        try
        {
            return measure();
        }
        catch (Exception e) when (e is InvalidPackageException or OnnxRuntimeException)
        {
            return (false, e.Message.ReplaceLineEndings(" "));
        }
    }

    private void Print(string what, (bool Good, string Result)? result)
    {
        skipped += result is null ? 1 : 0;
        Failed |= result is { Good: false };
        var text = result switch
        {
            null => $"skipped: {device} cannot be used",
            { Good: false, Result: var bad } => "FAILED: " + bad,
            { Result: var good } => good,
        };
        PrintRow(what, text);
    }
}
