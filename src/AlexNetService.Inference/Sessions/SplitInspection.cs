using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Checks a trunk against its card: the maps must have the sides that the card names, and the maps of a crop must equal their window in the
/// canvas's maps. Running crops alone would not reveal a trunk with zero padding.
/// </summary>
internal sealed class SplitInspection(ModelPackage package, SplitGraph split, InferenceSession trunk)
{
    // Relative to the largest value: kernels may sum in another order at another place.
    private const double WindowTolerance = 1e-3;
    private const uint CanvasSeed = 1;

    private readonly Preprocessing input = package.Card.Preprocessing;

    /// <summary>Checks the trunk, and gives the maps of two black crops and of two crops of noise, to be disposed.</summary>
    /// <returns>Pixels and maps of canvases, pixels and maps of crops.</returns>
    /// <exception cref="InvalidPackageException">Trunk and card disagree.</exception>
    public GraphTensor[] Check(out OrtValue ofBlack, out OrtValue ofNoise)
    {
        if (trunk.InputNames is not [var name] || trunk.OutputNames is not [var output] || output != split.Maps)
        {
            throw Refused($"the trunk must have one input and the output '{split.Maps}'.");
        }

        RequireWindow(name);
        var crops = new byte[2 * Bytes(input.Crop)];
        ofBlack = Run(name, input.Crop, split.CropSide, crops);
        GoldenCrop.Pixels(GraphInspection.NoiseSeed, crops);
        ofNoise = Run(name, input.Crop, split.CropSide, crops);
        return
        [
            GraphTensor.OfPixels(name, input, input.Canvas), GraphTensor.OfMaps(split, split.CanvasSide),
            GraphTensor.OfPixels(name, input, input.Crop), GraphTensor.OfMaps(split, split.CropSide),
        ];
    }

    private void RequireWindow(string pixels)
    {
        var canvas = new byte[Bytes(input.Canvas)];
        GoldenCrop.Pixels(CanvasSeed, canvas);
        var (crop, far) = (new byte[Bytes(input.Crop)], input.Canvas - input.Crop);
        new CropWindow(far, far, Mirrored: false).CopyTo(canvas, input.Canvas, crop, input.Crop);
        using var ofCanvas = Run(pixels, input.Canvas, split.CanvasSide, canvas);
        using var ofCrop = Run(pixels, input.Crop, split.CropSide, crop);
        var (whole, window) = (Values(ofCanvas), Values(ofCrop));
        var (largest, difference) = (0.0, 0.0);
        for (var i = 0; i < window.Length; i++)
        {
            var (row, column) = (i / split.CropSide, i % split.CropSide);
            var (map, y) = (row / split.CropSide, row % split.CropSide);
            var there = whole[(((map * split.CanvasSide) + y + (far / split.Step)) * split.CanvasSide) + column + (far / split.Step)];
            largest = Math.Max(largest, Math.Abs(window[i]));
            difference = Math.Max(difference, Math.Abs(window[i] - there));
        }

        // Quantized maps may round differently.
        if (!(difference <= Math.Max(WindowTolerance * largest, split.Type == MapType.UInt8 ? 1 : 0)))
        {
            throw Refused(
                $"the maps of a crop differ from their window in the canvas's maps by {difference:g3} of {largest:g3}; "
                + "the trunk depends on the place. Export the package without a split.");
        }
    }

    /// <summary>The maps, of a side of their own, of squares, [rows,3,side,side].</summary>
    private OrtValue Run(string pixels, int side, int mapSide, byte[] squares)
    {
        var (rows, expected) = (squares.Length / Bytes(side), GraphTensor.OfMaps(split, mapSide));
        OrtValue maps;
        try
        {
            using var options = new RunOptions();
            using var tensor = PixelPacking.Tensor(input, side, squares);
            maps = trunk.Run(options, [pixels], [tensor], [expected.Name])[0];
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(
                package.Folder, $"the trunk does not run on {rows} squares of side {side}: {e.Message}", e);
        }

        var found = maps.GetTensorTypeAndShape();
        if (found.ElementDataType == expected.Type && found.Shape.SequenceEqual([rows, .. expected.RowShape]))
        {
            return maps;
        }

        maps.Dispose();
        throw Refused(
            $"the maps of {rows} squares of side {side} are {found.ElementDataType} [{string.Join(',', found.Shape)}] "
            + $"where the card says {split.Type} [{rows},{string.Join(',', expected.RowShape)}].");
    }

    private double[] Values(OrtValue maps) => split.Type switch
    {
        MapType.UInt8 => [.. maps.GetTensorDataAsSpan<byte>().ToArray().Select(value => (double)value)],
        MapType.Float16 => [.. maps.GetTensorDataAsSpan<Float16>().ToArray().Select(value => (double)(float)value)],
        _ => [.. maps.GetTensorDataAsSpan<float>().ToArray().Select(value => (double)value)],
    };

    private static int Bytes(int side) => NetworkArchitecture.Channels * side * side;

    private InvalidPackageException Refused(string reason) => new(package.Folder, reason);
}
