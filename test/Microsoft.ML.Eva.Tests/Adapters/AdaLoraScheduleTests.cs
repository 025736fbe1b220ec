using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class AdaLoraScheduleTests
{
    [Fact]
    [Trait("Category", "Fixtures")]
    public void BudgetAfter_EveryStepOfReference_IsEqual()
    {
        var config = Fixture.Json("training", "adalora", "initial", "adapter_config.json");
        var expected = Fixture.Json("training", "adalora", "expected.json");
        int Setting(string name) => config.GetProperty(name).GetInt32();
        double steps = Setting("total_step");
        var options = new AdaLoraOptions
        {
            InitialRank = Setting("init_r"),
            TargetRank = Setting("target_r"),
            InitialFraction = Setting("tinit") / steps,
            FinalFraction = Setting("tfinal") / steps,
            PruningInterval = Setting("deltaT"),
        };
        var schedule = AdaLoraSchedule.Create(options, expected.GetProperty("layers").GetArrayLength(), (int)steps);
        var budgets = expected.GetProperty("budget_per_step").EnumerateArray().Select(budget => budget.GetInt32()).ToArray();
        Assert.Equal(budgets, Enumerable.Range(0, budgets.Length).Select(schedule.BudgetAfter));
    }

    [Fact]
    public void Create_NoStepLeft_IsRefused()
    {
        var options = new AdaLoraOptions { InitialFraction = 0.4, FinalFraction = 0.5 };
        var e = Assert.Throws<ArgumentException>(() => AdaLoraSchedule.Create(options, 3, 1));
        Assert.Contains("no step to prune in", e.Message);
    }
}
