using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Export;

/// <summary>Centre crops of photographs, labelled or not, for the parity check.</summary>
internal static class RealCrops
{
    /// <param name="path">A data set, or any folder of photographs.</param>
    /// <param name="geometry">Canvas and crop.</param>
    /// <param name="count">How many crops; photographs are taken evenly over the whole.</param>
    /// <returns>Crops of [3,crop,crop], 0..255; fewer than asked for where there are fewer photographs.</returns>
    /// <exception cref="DataSetException">There is nothing at the path.</exception>
    /// <exception cref="InputException">No photograph can be read there.</exception>
    public static IReadOnlyList<byte[]> Read(string path, CropGeometry geometry, int count)
    {
        using var photographs = DataSetOpener.Open(path, labelled: false);
        var window = CropViews.Centre(geometry)[0];
        var crops = new List<byte[]>(count);
        var canvas = new byte[3 * geometry.Canvas * geometry.Canvas];
        foreach (var photograph in SpreadOut(photographs.Photographs, count))
        {
            if (crops.Count < count && CanvasDecoder.DecodeTo(photographs.Read(photograph.Path), geometry.Canvas, canvas) is null)
            {
                var crop = new byte[3 * geometry.Crop * geometry.Crop];
                window.CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
                crops.Add(crop);
            }
        }

        return crops.Count > 0 ? crops : throw new InputException($"None of the files at '{path}' is a photograph that can be decoded. Name others with --data.");
    }

    /// <summary>First photographs that lie evenly over the whole, then the others, should some not decode.</summary>
    private static IEnumerable<Photograph> SpreadOut(IReadOnlyList<Photograph> photographs, int count)
    {
        var even = Enumerable.Range(0, count).Select(i => (int)((long)i * photographs.Count / count)).Distinct().ToArray();
        return photographs.Count == 0 ? [] : [.. even.Select(i => photographs[i]), .. photographs.Where((_, i) => !even.Contains(i))];
    }
}
