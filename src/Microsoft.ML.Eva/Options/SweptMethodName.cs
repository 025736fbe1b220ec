namespace Microsoft.ML.Eva;

/// <summary>The methods that AutoML chooses among, by the words that its trials show.</summary>
internal static class SweptMethodName
{
    public const string Eva = "eva";
    public const string EvaRankStabilized = "eva_rslora";
    public const string EvaDora = "eva_dora";
    public const string Lora = "lora";

    /// <summary>The method of that name, with rank, rho and dropout brought into their ranges.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static AdapterOptions Create(string method, int rank, double rho, double dropout)
    {
        var ofRank = Math.Clamp(rank, 1, 1024);
        var eva = new EvaOptions { Rho = double.IsNaN(rho) ? new EvaOptions().Rho : Math.Clamp(rho, 1, 1024) };
        LowRankOptions adapter = method switch
        {
            Eva => new LoraOptions { Initialization = eva },
            EvaRankStabilized => new LoraOptions { Initialization = eva, IsRankStabilized = true },
            EvaDora => new DoraOptions { Initialization = eva },
            Lora => new LoraOptions { Initialization = new RandomOptions() },
            _ => throw new ArgumentException($"Method is '{method}', but must be one of {string.Join(", ", Eva, EvaRankStabilized, EvaDora, Lora)}.", nameof(method)),
        };
        (adapter.Rank, adapter.Alpha, adapter.Dropout) = (ofRank, ofRank, Clamp(dropout, 0, 0.9, otherwise: 0));
        return adapter;
    }

    /// <summary>Training options with what AutoML chose brought into its range.</summary>
    public static TrainingOptions Training(double learningRate, int epochs, int batchSize, double validationFraction) => new()
    {
        LearningRate = Clamp(learningRate, 1e-8, 10, otherwise: new TrainingOptions().LearningRate),
        Epochs = Math.Clamp(epochs, 1, 10_000),
        BatchSize = Math.Clamp(batchSize, 1, 65_536),
        ValidationFraction = Clamp(validationFraction, 0, 0.9, otherwise: 0),
    };

    private static double Clamp(double value, double least, double most, double otherwise) => double.IsNaN(value) ? otherwise : Math.Clamp(value, least, most);
}
