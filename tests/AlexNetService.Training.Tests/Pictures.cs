using NetVips;

namespace AlexNetService.Training.Tests;

/// <summary>A small labelled data set, made by the tests: each class is a colour with noise in it.</summary>
internal static class Pictures
{
    private static readonly double[][] Colours = [[200, 40, 40], [40, 200, 40], [40, 40, 200]];

    /// <summary>Writes class folders of PNG pictures.</summary>
    public static string Write(string folder, int classes = 3, int perClass = 12, int side = 24)
    {
        for (var label = 0; label < classes; label++)
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, $"class{label}")).FullName;
            for (var i = 0; i < perClass; i++)
            {
                File.WriteAllBytes(Path.Combine(place, $"{i:D4}.png"), Encode(label, (label * perClass) + i, side));
            }
        }

        return folder;
    }

    public static byte[] Encode(int label, int seed, int side)
    {
        using var grey = Image.Gaussnoise(side, side, sigma: 30, mean: 0, seed: seed);
        using var noise = grey.Bandjoin(grey, grey);
        using var coloured = noise.Linear([1, 1, 1], Colours[label]);
        using var pixels = coloured.Cast(Enums.BandFormat.Uchar);
        using var picture = pixels.Copy(interpretation: Enums.Interpretation.Srgb);
        return picture.PngsaveBuffer();
    }
}
