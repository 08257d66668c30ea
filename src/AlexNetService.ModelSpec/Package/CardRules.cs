using System.Globalization;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.ModelSpec.Package;

/// <summary>What must hold between the fields of a card, whatever its graph looks like.</summary>
internal static class CardRules
{
    /// <summary>The first rule the card breaks, as a sentence, or null.</summary>
    public static string? FirstBroken(ModelCard card) =>
        Identity(card) ?? Input(card.Preprocessing) ?? Output(card) ?? Probabilities(card) ?? Table(card) ?? CardFileRules.FirstBroken(card);

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

        if (input.Type == PixelType.UInt8 && (input.Scale ?? 1) is not 1 || input is { Type: PixelType.UInt8, Mean: not null }
            or { Type: PixelType.UInt8, Std: not null })
        {
            return "a uint8 input takes raw pixels; scale, mean and std belong to a float32 input.";
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

        for (var i = 0; i < card.Labels.Count; i++)
        {
            // JSON can put a null where the type has none.
            if (card.Labels[i] is not { Index: var index })
            {
                return $"label {i} is null.";
            }

            if (index != i)
            {
                return $"labels must be listed by index; place {i} has index {index}.";
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

        return card.Calibration is not { } calibration ? null
            : !IsAboveZero(calibration.Temperature)
                ? string.Create(CultureInfo.InvariantCulture, $"the temperature {calibration.Temperature} must be above 0.")
            : card.Tensors.Logits is null ? "a temperature divides logits, and the card names no logits tensor."
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
                ? $"the layer table ends in {architecture.Classes} classes and there are {card.Labels.Count} labels."
                : architecture.Geometry != new CropGeometry(card.Preprocessing.Canvas, card.Preprocessing.Crop)
                ? "the layer table and the preprocessing disagree on canvas or crop."
                : null;
        }
        catch (ArchitectureException e)
        {
            return e.Message;
        }
    }
}
