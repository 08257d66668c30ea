using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetService.Imaging.Tests.Goldens;

/// <summary>Tiny files and what Pillow makes of them, written by make_goldens.py.</summary>
internal static class Golden
{
    private static readonly Content All = Read();

    public static IEnumerable<GoldenPicture> Pictures(string prefix) =>
        All.Pictures.Where(picture => picture.Name.StartsWith(prefix, StringComparison.Ordinal));

    public static GoldenPicture Picture(string name) => All.Pictures.Single(picture => picture.Name == name);

    public static IReadOnlyList<GoldenFault> Faults => All.Faults;

    public static IReadOnlyList<GoldenProfile> Profiles => All.Profiles;

    private static Content Read()
    {
        using var stream = typeof(Golden).Assembly.GetManifestResourceStream("goldens.json")
            ?? throw new InvalidOperationException("goldens.json is not embedded.");
        return JsonSerializer.Deserialize<Content>(stream, JsonSerializerOptions.Web)
            ?? throw new InvalidOperationException("goldens.json is empty.");
    }

    private sealed record Content(GoldenPicture[] Pictures, GoldenFault[] Faults, GoldenProfile[] Profiles);
}

internal sealed record GoldenPicture(string Name, int Side, byte[] File, byte[] Pixels);

internal sealed record GoldenFault(string Name, [property: JsonConverter(typeof(JsonStringEnumConverter<DecodeFaultKind>))] DecodeFaultKind Kind, byte[] File);

internal sealed record GoldenProfile(string Name, bool Srgb, byte[] File);
