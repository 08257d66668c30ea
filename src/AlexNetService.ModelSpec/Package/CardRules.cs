namespace AlexNetService.ModelSpec.Package;

/// <summary>The rules that a card must keep, whatever its graph computes.</summary>
internal static class CardRules
{
    /// <summary>Most labels, and so most classes.</summary>
    public const int MaxLabels = 100_000;

    /// <summary>Most characters of the identifier or the name of a label.</summary>
    public const int MaxLabelLength = 1000;

    /// <summary>Most characters of the name of a tensor.</summary>
    public const int MaxTensorNameLength = 1000;

    /// <summary>Most characters of the name of a file.</summary>
    public const int MaxFileNameLength = 255;

    /// <summary>The first rule that a card breaks, as a sentence, or null.</summary>
    public static string? FirstBroken(ModelCard card) =>
        Identity(card) ?? Input(card.Preprocessing) ?? Output(card) ?? Probabilities(card) ?? Table(card)
        ?? Names(card) ?? Split(card) ?? Golden(card) ?? Quantized(card);

    /// <summary>Requires that a card keeps every rule.</summary>
    /// <exception cref="InvalidPackageException">It breaks one.</exception>
    public static void Require(ModelCard card, string folder)
    {
        if (FirstBroken(card) is { } reason)
        {
            throw new InvalidPackageException(folder, reason);
        }
    }

    private static string? Identity(ModelCard card)
    {
        if (card.Format != ModelCard.CurrentFormat)
        {
            return $"the card has format {card.Format}; this software reads format {ModelCard.CurrentFormat}.";
        }

        if (PackageName.Broken(card.Name) is { } reason)
        {
            return reason;
        }

        return card.Version < 1 ? $"version {card.Version} is below 1." : null;
    }

    private static string? Input(Preprocessing input)
    {
        if (input.Crop < 1 || input.Crop > input.Canvas || input.Canvas > 4096)
        {
            return $"a crop of {input.Crop} pixels from a canvas of {input.Canvas} is impossible (1 ≤ crop ≤ canvas ≤ 4096).";
        }

        if (input.Type == PixelType.UInt8 && ((input.Scale ?? 1) is not 1 || input.Mean is not null || input.Std is not null))
        {
            return "a uint8 input reads raw pixels; scale, mean and std belong to a float32 input.";
        }

        return input is { Mean: not null and not { Count: NetworkArchitecture.Channels } } ? "mean must have three values."
            : input is { Std: not null and not { Count: NetworkArchitecture.Channels } } ? "std must have three values."
            : input.Std?.Any(value => value == 0) == true ? "std must not be 0."
            : null;
    }

    private static string? Output(ModelCard card)
    {
        if (card.Tensors is { Logits: null, Probabilities: null })
        {
            return "the card names neither a logits nor a probabilities tensor.";
        }

        string?[] tensors = [card.Tensors.Input, card.Tensors.Logits, card.Tensors.Probabilities, card.Tensors.Features, card.Split?.Maps];
        if (Array.Find(tensors, name => name?.Length > MaxTensorNameLength) is { Length: var length })
        {
            return $"the name of a tensor has {length} characters; {MaxTensorNameLength} are allowed.";
        }

        if (card.Labels.Count > MaxLabels)
        {
            return $"there are {card.Labels.Count} labels; {MaxLabels} are allowed.";
        }

        for (var i = 0; i < card.Labels.Count; i++)
        {
            // JSON can hold a null where the type does not allow one.
            if (card.Labels[i] is not { Index: var index, Id: var id, Name: var name })
            {
                return $"label {i} is null.";
            }

            if (id.Length > MaxLabelLength || name.Length > MaxLabelLength)
            {
                return $"label {i} has {Math.Max(id.Length, name.Length)} characters; {MaxLabelLength} are allowed.";
            }

            if (index != i)
            {
                return $"labels must be in the order of their index; place {i} has index {index}.";
            }
        }

        return card.Labels.Count < 2 ? "fewer than two labels." : null;
    }

    private static string? Probabilities(ModelCard card)
    {
        if (card.EnsembleWeight is { } weight && !IsAboveZero(weight))
        {
            return string.Create(CultureInfo.InvariantCulture, $"the ensemble weight {weight} must be above 0.");
        }

        if (card.Confidence is { } confidence
            && !(confidence.Bins is { Count: > 0 } bins
                && bins.All(bin => bin is { From: >= 0 and < 1, Right: >= 0 } && bin.Right <= bin.Answers)))
        {
            return "the confidence table has no bins, or a bin with a number that is impossible.";
        }

        return card.Calibration is not { } calibration ? null
            : !IsAboveZero(calibration.Temperature)
                ? string.Create(CultureInfo.InvariantCulture, $"the temperature {calibration.Temperature} must be above 0.")
            : card.Tensors.Logits is null ? "a temperature divides logits, but the card names no logits tensor."
            : null;
    }

    private static bool IsAboveZero(double number) => number > 0 && double.IsFinite(number);

    private static string? Table(ModelCard card)
    {
        if (card.Architecture is not { } architecture)
        {
            return null;
        }

        if (architecture.Layers.Any(layer => layer is null))
        {
            return "a row of the layer table is null.";
        }

        try
        {
            _ = architecture.Rows();
            return architecture.Classes != card.Labels.Count
                ? $"the layer table ends in {architecture.Classes} classes, but there are {card.Labels.Count} labels."
                : architecture.Geometry != new CropGeometry(card.Preprocessing.Canvas, card.Preprocessing.Crop)
                ? "the layer table and the preprocessing disagree on canvas or crop."
                : null;
        }
        catch (ArchitectureException e)
        {
            return e.Message;
        }
    }

    private static string? Names(ModelCard card)
    {
        string[] names = [ModelPackage.CardFile, .. card.Files.Select(file => file.File)];
        return names.FirstOrDefault(IsElsewhere) is { } elsewhere
            ? $"the file '{elsewhere}' must be in the package folder."
            : Array.Find(names, name => name.Length > MaxFileNameLength) is { Length: var length }
                ? $"the name of a file has {length} characters; {MaxFileNameLength} are allowed."
            : names.CountBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(name => name.Value > 1) is { Key: { } twice }
                ? $"'{twice}' is named twice; name each file once."
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
            : card.Preprocessing.Layout != TensorLayout.Nchw ? "the trunk of a split reads NCHW, but the card has another layout."
            // The offsets of the ten crops are 0, far / 2 (rounded down) and far.
            : far % split.Step != 0 || far / 2 % split.Step != 0
                ? $"the crops' offsets 0, {far / 2} and {far} are not multiples of the split's step of {split.Step}."
            : split.CanvasSide != split.CropSide + (far / split.Step)
                ? $"a crop's maps have side {split.CropSide}, so a canvas's maps have {split.CropSide + (far / split.Step)}, "
                + $"not {split.CanvasSide}."
            : card.Architecture is { } architecture ? SplitOf(split, architecture)
            : null;
    }

    private static string? SplitOf(SplitGraph split, NetworkArchitecture architecture)
    {
        return SharedTrunk.Of(architecture) switch
        {
            null => $"the crops of '{architecture.Preset}' share no layers, but the card has a split.",
            var trunk when Fits(trunk) || (SharedInside.Of(architecture, trunk) is { } inside && Fits(inside.Folded)) => null,
            var (_, step, crop, canvas) =>
                $"the layer table shares {crop} maps of a crop and {canvas} of a canvas, {step} pixels apart, but the split differs.",
        };

        bool Fits(SharedTrunk shared) => (shared.Step, shared.Crop.Maps, shared.Crop.Height, shared.Canvas.Height)
            == (split.Step, split.Count, split.CropSide, split.CanvasSide);
    }

    private static string? Golden(ModelCard card) => card.Golden is not { } golden ? null
        : card.Tensors.Logits is null ? "the golden crop's answer is logits, but the card names no logits tensor."
        : golden.Logits.Length != sizeof(float) * card.Labels.Count
            ? $"the golden crop's answer has {golden.Logits.Length} bytes; the labels need {sizeof(float) * card.Labels.Count}."
        : MemoryMarshal.Cast<byte, float>(golden.Logits).ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            ? "the golden crop's answer holds a value that is not a finite number."
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
        return PackageName.Broken(made.FromName) is { } reason ? $"the name of the source package is invalid: {reason}"
            : made.FromVersion < 1 ? $"version {made.FromVersion} of the source package is below 1."
            : made.CalibrationImages < 0 || made.Images < 1
                ? $"a package cannot be calibrated on {made.CalibrationImages} photographs and measured on {made.Images}."
            : !Array.TrueForAll(errors, error => error is >= 0 and <= 1) ? "the errors of a quantized package must be shares of 0 to 1."
            : null;
    }
}
