using System.Runtime.InteropServices;
using System.Text.Json;

namespace AlexNetService.Worker.Tests.Goldens;

/// <summary>Small weight files and what PyTorch sees in them, written by make_weight_files.py.</summary>
internal static class WeightFileGoldens
{
    private static readonly Content All = Read();

    public static IReadOnlyList<GoldenFile> Files => All.Files;

    public static IReadOnlyList<GoldenRefusal> Refusals => All.Refusals;

    private static Content Read()
    {
        using var stream = typeof(WeightFileGoldens).Assembly.GetManifestResourceStream("weight-files.json")
            ?? throw new InvalidOperationException("weight-files.json is not embedded.");
        return JsonSerializer.Deserialize<Content>(stream, JsonSerializerOptions.Web)
            ?? throw new InvalidOperationException("weight-files.json is empty.");
    }

    private sealed record Content(GoldenFile[] Files, GoldenRefusal[] Refusals);
}

internal sealed record GoldenFile(string Name, byte[] File, GoldenTensor[] Tensors);

internal sealed record GoldenTensor(string Name, int[] Dimensions, byte[] Values)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Values).ToArray();
}

internal sealed record GoldenRefusal(string Name, byte[] File, string Reason);
