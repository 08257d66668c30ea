namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// A temperature fitted after training, so that a probability says how often the model is right (Guo et al. 2017, "On Calibration of
/// Modern Neural Networks"). It was fitted on one part of the photographs and measured on another, so that the errors are honest.
/// </summary>
/// <param name="Temperature">What the logits are divided by before the softmax; above 0.</param>
/// <param name="DataSet">Name of the data set.</param>
/// <param name="Split">Which part of it, such as <c>validation</c>.</param>
/// <param name="FittedImages">Photographs it was fitted on.</param>
/// <param name="MeasuredImages">Other photographs, which the four numbers below were measured on.</param>
/// <param name="Crops">Crops averaged for each photograph, 1 or 10.</param>
/// <param name="EceBefore">Expected calibration error as the model was before, 0 to 1; 15 bins of equal width.</param>
/// <param name="EceAfter">The same with the temperature.</param>
/// <param name="NllBefore">Mean negative log-likelihood as the model was before, in nats.</param>
/// <param name="NllAfter">The same with the temperature.</param>
public sealed record Calibration(
    double Temperature,
    string DataSet,
    string Split,
    int FittedImages,
    int MeasuredImages,
    int Crops,
    double EceBefore,
    double EceAfter,
    double NllBefore,
    double NllAfter);
