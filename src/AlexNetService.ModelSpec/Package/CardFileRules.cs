using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Package;

/// <summary>What must hold of the files that a card names: graphs, weights, the split, and what was noted about them.</summary>
internal static class CardFileRules
{
    /// <summary>The first rule the card breaks, as a sentence, or null. The layer table, where there is one, is sound.</summary>
    public static string? FirstBroken(ModelCard card) => Names(card) ?? Split(card) ?? Golden(card) ?? Quantized(card);

    private static string? Names(ModelCard card)
    {
        string[] names = [ModelPackage.CardFile, .. card.Files.Select(file => file.File)];
        return names.FirstOrDefault(IsElsewhere) is { } elsewhere
            ? $"the file name '{elsewhere}' must lie in the package folder."
            : names.CountBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
                ? $"'{twice}' is named twice; every file of a package is another one."
                : null;
    }

    private static bool IsElsewhere(string name) => name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0;

    private static string? Split(ModelCard card)
    {
        if (card.Split is not { } split)
        {
            return null;
        }

        var far = card.Preprocessing.Canvas - card.Preprocessing.Crop;
        return split.Maps == "" ? "the split names no tensor of maps."
            : split.Count < 1 || split.CropSide < 1 || split.Step < 1
                ? $"a split of {split.Count} maps of side {split.CropSide}, {split.Step} pixels apart, is impossible."
            : card.Preprocessing.Layout != TensorLayout.Nchw ? "the trunk of a split takes NCHW, and the card says another layout."
            // The offsets of the ten crops are 0, half of the far one (rounded down) and the far one.
            : far % split.Step != 0 || far / 2 % split.Step != 0
                ? $"the crops' offsets 0, {far / 2} and {far} are no multiples of the split's step of {split.Step}, so they have no windows."
            : split.CanvasSide != split.CropSide + (far / split.Step)
                ? $"where a crop's maps have side {split.CropSide}, a canvas's have {split.CropSide + (far / split.Step)} and not {split.CanvasSide}."
            : card.Architecture is { } architecture ? SplitOf(split, architecture)
            : null;
    }

    private static string? SplitOf(SplitGraph split, NetworkArchitecture architecture) => SharedTrunk.Of(architecture) switch
    {
        null => $"the crops of '{architecture.Preset}' share no layers, and the card has a split.",
        var (_, step, crop, canvas) =>
            (step, crop.Maps, crop.Height, canvas.Height) == (split.Step, split.Count, split.CropSide, split.CanvasSide)
                ? null
                : $"the layer table shares {crop} maps of a crop and {canvas} of a canvas, {step} pixels apart, and the split is another.",
    };

    private static string? Golden(ModelCard card) => card.Golden is not { } golden ? null
        : card.Tensors.Logits is null ? "the golden crop's answer is logits, and the card names no logits tensor."
        : golden.Logits.Length != sizeof(float) * card.Labels.Count
            ? $"the golden crop's answer has {golden.Logits.Length} bytes where {sizeof(float) * card.Labels.Count} belong to the labels."
        : MemoryMarshal.Cast<byte, float>(golden.Logits).ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            ? "the golden crop's answer holds a value that is no number."
        : !(golden.Tolerance > 0 && double.IsFinite(golden.Tolerance))
            ? string.Create(CultureInfo.InvariantCulture, $"the golden crop's tolerance {golden.Tolerance} must be above 0.")
        : null;

    private static string? Quantized(ModelCard card)
    {
        if (card.Quantization is not { } made)
        {
            return null;
        }

        double[] errors = [made.Top1ErrorBefore, made.Top1ErrorAfter, made.Top5ErrorBefore, made.Top5ErrorAfter];
        return PackageName.Broken(made.FromName) is { } reason ? $"the package was made from one that cannot be: {reason}"
            : made.FromVersion < 1 ? $"the package was made from version {made.FromVersion}, which is below 1."
            : made.CalibrationImages < 0 || made.Images < 1
                ? $"a package cannot be calibrated on {made.CalibrationImages} photographs and measured on {made.Images}."
            : !Array.TrueForAll(errors, error => error is >= 0 and <= 1) ? "an error of the quantized package is no share of 0 to 1."
            : null;
    }
}
